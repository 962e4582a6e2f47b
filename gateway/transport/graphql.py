"""GraphQL over HTTP: one request, one operation, one JSON answer."""

from collections.abc import Sequence

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from gateway.execution import Result
from gateway.kit.errors import DatabaseAway
from gateway.kit.texts import Text
from gateway.telemetry import traces
from gateway.transport.answers import cause_of, dump
from gateway.transport.authentication import closed_cookies, opened_cookies
from gateway.transport.operations import Operations
from gateway.transport.requests import JSON, Request, accepted, fault, read
from gateway.transport.responses import STATUSES, Response, refusal, respond, retry_after
from schema.context import Context

GET_OR_POST = Text(
    en="Send GraphQL requests with POST, or queries with GET.",
    ru="Отправляйте запросы GraphQL методом POST, а чтение — также методом GET.",
)
ONLY_QUERIES = Text(
    en="GET only reads. Send mutations with POST, and follow subscriptions over a WebSocket or /graphql/stream.",
    ru="Метод GET только читает. Отправляйте мутации методом POST, "
    "а подписки открывайте через WebSocket или /graphql/stream.",
)
NOT_ACCEPTABLE = Text(
    en="The Accept header takes neither application/graphql-response+json nor application/json in UTF-8.",
    ru="Заголовок Accept не допускает ни application/graphql-response+json, ни application/json в UTF-8.",
)


class GraphQLEndpoint:
    """The ASGI endpoint of `/graphql` for HTTP."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.of(scope, receive)
        with traces.request(request.headers, request.correlation_id):
            try:
                response = await self._answer(request)
            except Exception as failure:  # nobody further out would tell the caller, and log it
                response = refusal(request, failure)
        if response is not None:
            await respond(send, request, response)

    async def _answer(self, request: Request) -> Response | None:
        """None when nobody waits for it any more."""
        method, headers = request.scope["method"], request.headers
        if method not in ("POST", "GET"):
            raise fault(405, GET_OR_POST, {"allow": "GET, POST"})
        media = accepted(headers.get("accept", ""))
        if media is None:
            raise fault(406, NOT_ACCEPTABLE)
        asked = await read(request)
        caller = await self._operations.caller(headers, request.ip)
        context = self._operations.context(caller, request.correlation_id)
        prepared = await self._operations.prepare(asked, context)
        operation = prepared.find(asked.operation_name)
        if method == "GET" and operation is not None and operation.type is not OperationType.QUERY:
            raise fault(405, ONLY_QUERIES, {"allow": "POST"})
        result = await self._operations.execute(prepared, asked, context, request.receive)
        if result is None:
            return None
        status, more = 200 if result.executed or media == JSON else 400, dict[str, str]()
        reads = operation is not None and operation.type is OperationType.QUERY
        if reads and (away := _away(result)):  # a mutation that was begun may be done
            status, more = STATUSES[away.code], retry_after(away)
        return Response(
            status,
            dump(result, context.language, request.correlation_id),
            media,
            more,
            reader=caller.holder,
            cookies=_cookies(context, request.scope["scheme"] == "https"),
        )


def _away(result: Result) -> DatabaseAway | None:
    causes = (cause_of(error) for error in result.errors)
    return next((cause for cause in causes if isinstance(cause, DatabaseAway)), None)


def _cookies(context: Context, secure: bool) -> Sequence[str]:
    if context.opened is not None:
        return opened_cookies(context.opened, secure=secure)
    return closed_cookies() if context.closed else ()
