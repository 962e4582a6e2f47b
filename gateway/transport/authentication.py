"""Who sends a request: a session cookie of a browser, or an API key as a bearer."""

from collections.abc import Mapping
from datetime import timedelta

from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.services.principals import Identity, Principals

COOKIE = "gateway_session"

BAD_KEY = Text(
    en="The API key is unknown, revoked or expired. Ask an administrator of the company for another one.",
    ru="API-ключ неизвестен, отозван или истёк. Попросите у администратора компании другой.",
)
BAD_SCHEME = Text(
    en="The Authorization header is not understood. Send “Authorization: Bearer <API key>”.",
    ru="Заголовок Authorization не распознан. Отправьте «Authorization: Bearer <API-ключ>».",
)


async def identify(headers: Mapping[str, str], principals: Principals) -> Identity | None:
    """The caller; None for a stranger or a session that ended. `GatewayError` UNAUTHENTICATED for a wrong key."""
    authorization = headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, BAD_SCHEME())
        identity = await principals.by_key(secret.strip())
        if identity is None:
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, BAD_KEY())
        return identity
    token = session_token(headers.get("cookie", ""))
    return await principals.by_session(token) if token else None


def session_token(cookies: str) -> str | None:
    """The value of the session cookie in a Cookie header."""
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def set_cookie(token: str, lifetime: timedelta | None, *, secure: bool) -> str:
    """The Set-Cookie header of a new session; without a lifetime it ends with the browser."""
    age = f"; Max-Age={int(lifetime.total_seconds())}" if lifetime else ""
    return f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{age}{'; Secure' if secure else ''}"


def clear_cookie() -> str:
    """The Set-Cookie header that makes a browser forget its session."""
    return f"{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
