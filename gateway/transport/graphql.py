"""GraphQL over HTTP: one request, one operation, one JSON answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from gateway.execution import Result
from gateway.kit.errors import DatabaseAway, ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.kit.texts import Text, negotiate
from gateway.telemetry import traces
from gateway.transport.answers import cause_of, dump, present_fault
from gateway.transport.authentication import closed_cookies, harmless, opened_cookies
from gateway.transport.compression import packed
from gateway.transport.observing import observe_refused
from gateway.transport.operations import Operations, new_correlation_id
from gateway.transport.requests import (
    JSON,
    RESPONSE_JSON,
    TEXT,
    Headers,
    HttpFault,
    Parameters,
    accepted,
    fault,
    headers_of,
    is_json,
    parameters,
    query_parameters,
    read_body,
)
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
UNSUPPORTED_MEDIA_TYPE = Text(
    en="Send the request as “Content-Type: application/json” in UTF-8.",
    ru="Отправьте запрос с заголовком «Content-Type: application/json» в UTF-8.",
)
FOREIGN_ORIGIN = Text(
    en="A page of another site must not use this session. Use an API key; for GET send an “X-Requested-With” header.",
    ru="Страница другого сайта не может пользоваться этим сеансом. Используйте API-ключ; "
    "для GET отправьте заголовок «X-Requested-With».",
)

_STATUSES = {
    GatewayErrorCode.PERSISTED_QUERY_NOT_FOUND: 200,  # no failure: the client goes on and sends the document
    GatewayErrorCode.UNAUTHENTICATED: 401,
    GatewayErrorCode.FORBIDDEN: 403,
    GatewayErrorCode.RATE_LIMITED: 429,
    GatewayErrorCode.TIMEOUT: 504,
    GatewayErrorCode.UNAVAILABLE: 503,
}


@dataclass(slots=True)
class Response:
    """What is sent back."""

    status: int
    body: bytes
    media: str
    headers: Headers = field(default_factory=dict)
    cookies: Sequence[str] = ()


class Request(NamedTuple):
    """A request before anybody has looked at it."""

    scope: Scope
    receive: Receive
    headers: Headers
    ip: str
    correlation_id: str

    @classmethod
    def of(cls, scope: Scope, receive: Receive) -> "Request":
        client = scope.get("client")
        return cls(scope, receive, headers_of(scope), client[0] if client else "", new_correlation_id())


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
            status, more = _STATUSES[away.code], _retry_after(away)
        return Response(
            status,
            dump(result, context.language, request.correlation_id),
            media,
            more,
            cookies=_cookies(context, request.scope["scheme"] == "https"),
        )


async def read(request: Request) -> Parameters:
    """What is asked; an `HttpFault` when it is not asked as it should be, or by a page of another site."""
    reads = request.scope["method"] == "GET"
    if not reads and not is_json(request.headers.get("content-type", "")):
        raise fault(415, UNSUPPORTED_MEDIA_TYPE)
    if not harmless(request.headers, reads=reads):
        raise fault(403, FOREIGN_ORIGIN)
    if reads:
        return query_parameters(request.scope["query_string"])
    return parameters(await read_body(request.receive, request.headers))


def refusal(request: Request, failure: Exception) -> Response:
    """How a request is answered that was not executed, or could not be, be it for a document or a file."""
    media = accepted(request.headers.get("accept", "")) or JSON
    status, error, headers = 500, failure, dict[str, str]()
    if isinstance(failure, HttpFault):
        status, error, headers = failure.status, failure.error, failure.headers
    elif isinstance(failure, GatewayError):
        status = _STATUSES.get(failure.code, 400)
        headers = {"www-authenticate": "Bearer"} if status == 401 else _retry_after(failure)
    elif isinstance(failure, Refusal):
        status = 404 if failure.code is ErrorCode.NOT_FOUND else 400
    observe_refused(status)
    language = negotiate(request.headers.get("accept-language", ""))
    body = orjson.dumps({"errors": present_fault(error, language, request.correlation_id)})
    return Response(status, body, media, headers)


async def respond(send: Send, request: Request, response: Response) -> None:
    """Sends a response, packed where that pays."""
    body = response.body
    small = await packed(body, request.headers.get("accept-encoding", ""))
    if small is not None:
        body = small
    headers = [
        (b"content-type", _CONTENT_TYPES[response.media]),
        (b"content-length", str(len(body)).encode()),
        (b"x-correlation-id", request.correlation_id.encode()),
        (b"cache-control", b"no-store"),
        *(() if small is None else _PACKED),
        *((name.encode(), value.encode()) for name, value in response.headers.items()),
        *((b"set-cookie", cookie.encode()) for cookie in response.cookies),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _away(result: Result) -> DatabaseAway | None:
    causes = (cause_of(error) for error in result.errors)
    return next((cause for cause in causes if isinstance(cause, DatabaseAway)), None)


def _retry_after(error: GatewayError) -> Headers:
    seconds = error.extensions.get("retryAfter")
    return {} if seconds is None else {"retry-after": str(seconds)}


def _cookies(context: Context, secure: bool) -> Sequence[str]:
    if context.opened is not None:
        return opened_cookies(context.opened, secure=secure)
    return closed_cookies() if context.closed else ()


_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in (JSON, RESPONSE_JSON, TEXT)}
_PACKED = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))
