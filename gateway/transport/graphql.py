"""GraphQL over HTTP: one POST, one operation, one JSON answer."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send

from gateway.execution.engine import Engine, Result
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Language, Text, negotiate
from gateway.services.principals import Identity, Principals
from gateway.transport.authentication import closed_cookies, identify, opened_cookies
from gateway.transport.errors import present, present_all
from gateway.transport.requests import (
    JSON,
    RESPONSE_JSON,
    Headers,
    HttpFault,
    accepted,
    fault,
    is_json,
    parameters,
    read_body,
)
from schema.context import Context

log = structlog.get_logger(__name__)

ONLY_POST = Text(en="Send GraphQL requests with POST.", ru="Отправляйте запросы GraphQL методом POST.")
NOT_ACCEPTABLE = Text(
    en="The Accept header takes neither application/graphql-response+json nor application/json in UTF-8.",
    ru="Заголовок Accept не допускает ни application/graphql-response+json, ни application/json в UTF-8.",
)
UNSUPPORTED_MEDIA_TYPE = Text(
    en="Send the request as “Content-Type: application/json” in UTF-8.",
    ru="Отправьте запрос с заголовком «Content-Type: application/json» в UTF-8.",
)
FOREIGN_ORIGIN = Text(
    en="A page of another site must not use this session. Use an API key.",
    ru="Страница другого сайта не может пользоваться этим сеансом. Используйте API-ключ.",
)
INTROSPECTION = Text(
    en="The schema is shown to signed-in callers only. Sign in, or send an API key.",
    ru="Схема видна только после входа. Войдите или отправьте API-ключ.",
)

MakeContext = Callable[[Identity | None, Language, str, Headers, str], Context]
"""Makes the context of a request from the caller, the language, the correlation id, the headers and the address."""


class GraphQLEndpoint:
    """The ASGI endpoint of `/graphql`."""

    def __init__(self, engine: Engine, principals: Principals, make_context: MakeContext) -> None:
        self._engine = engine
        self._principals = principals
        self._make_context = make_context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        correlation_id = secrets.token_hex(16)
        language = negotiate(headers.get("accept-language", ""))
        media = accepted(headers.get("accept", "")) or JSON
        cookies: Sequence[str] = ()
        extra: Headers = {}
        try:
            status, body, cookies = await self._answer(scope, receive, headers, correlation_id, language)
        except HttpFault as refused:
            status, extra = refused.status, refused.headers
            body = orjson.dumps({"errors": _faults(refused.error, language, correlation_id)})
        except GatewayError as refused:
            status = 401 if refused.code is GatewayErrorCode.UNAUTHENTICATED else 400
            extra = {"www-authenticate": "Bearer"} if status == 401 else {}
            body = orjson.dumps({"errors": _faults(refused, language, correlation_id)})
        except Exception as failure:  # nobody further out would tell the caller, and log it
            status, body = 500, orjson.dumps({"errors": _faults(failure, language, correlation_id)})
        await _send(send, status, body, media, correlation_id, extra, cookies)

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Headers, correlation_id: str, language: Language
    ) -> tuple[int, bytes, Sequence[str]]:
        if scope["method"] != "POST":
            raise fault(405, ONLY_POST, {"allow": "POST"})
        media = accepted(headers.get("accept", ""))
        if media is None:
            raise fault(406, NOT_ACCEPTABLE)
        if not is_json(headers.get("content-type", "")):
            raise fault(415, UNSUPPORTED_MEDIA_TYPE)
        if headers.get("sec-fetch-site") == "cross-site" and "authorization" not in headers:
            raise fault(403, FOREIGN_ORIGIN)
        identity = await identify(headers, self._principals)
        if identity is not None and identity.language is not None and "accept-language" not in headers:
            language = identity.language
        asked = parameters(await read_body(receive, headers))
        prepared = self._engine.prepare(asked.query)
        if identity is None and any(operation.introspects for operation in prepared.operations.values()):
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, INTROSPECTION())
        client = scope.get("client")
        context = self._make_context(identity, language, correlation_id, headers, client[0] if client else "")
        result = await self._engine.execute(prepared, asked.variables, asked.operation_name, context)
        status = 200 if result.executed or media == JSON else 400
        return status, _dump(result, context.language, correlation_id), _cookies(context, scope["scheme"] == "https")


def _cookies(context: Context, secure: bool) -> Sequence[str]:
    if context.opened is not None:
        return opened_cookies(context.opened, secure=secure)
    return closed_cookies() if context.closed else ()


def _dump(result: Result, language: Language, correlation_id: str) -> bytes:
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = present_all(result.errors, language, correlation_id)
    if result.executed:
        answer["data"] = result.data
    return orjson.dumps(answer)


def _faults(error: Exception, language: Language, correlation_id: str) -> list[dict[str, Any]]:
    return present(GraphQLError(str(error), original_error=error), language, correlation_id)


async def _send(
    send: Send,
    status: int,
    body: bytes,
    media: str,
    correlation_id: str,
    extra: Headers,
    cookies: Sequence[str],
) -> None:
    headers = [
        (b"content-type", _CONTENT_TYPES[media]),
        (b"content-length", str(len(body)).encode()),
        (b"x-correlation-id", correlation_id.encode()),
        (b"cache-control", b"no-store"),
        *((name.encode(), value.encode()) for name, value in extra.items()),
        *((b"set-cookie", cookie.encode()) for cookie in cookies),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in (JSON, RESPONSE_JSON)}
