"""Files that are sent and taken: by whom, and what is told where that can't be."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.kit.texts import Text, negotiate
from gateway.services.principals import Identity, Principals
from gateway.transport.answers import present_fault
from gateway.transport.authentication import identify
from gateway.transport.requests import HttpFault

SIGN_IN = Text(
    en="Sign in or send an API key: files are for users of the gateway.",
    ru="Войдите или отправьте API-ключ: файлы доступны пользователям шлюза.",
)


async def answer_caller(
    request: Request, principals: Principals, act: Callable[[Identity], Awaitable[Response]]
) -> Response:
    """What `act` answers, or `{"errors": […]}` like `/graphql`: for a stranger with 401, for what is not there 404."""
    error: GatewayError | Refusal
    try:
        identity = await identify(request.headers, principals)
        if identity is None:
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, SIGN_IN())
        return await act(identity)
    except HttpFault as refused:
        status, error = refused.status, refused.error
    except GatewayError as refused:
        status, error = 401, refused
    except Refusal as refused:
        status, error = 404 if refused.code is ErrorCode.NOT_FOUND else 400, refused
    language = negotiate(request.headers.get("accept-language", ""))
    return json_response(status, {"errors": present_fault(error, language, secrets.token_hex(16))})


def json_response(status: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
