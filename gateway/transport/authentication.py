"""Who sends a request: a session cookie of a browser, or an API key as a bearer."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.services.principals import Identity, Principals
from gateway.services.sessions import SignedIn

SESSION_COOKIE = "gateway_session"
DEVICE_COOKIE = "gateway_device"

_PREFLIGHTED = ("x-requested-with", "graphql-require-preflight", "apollo-require-preflight")
"""Headers that clients of GraphQL send with a GET to show that they may."""

_KNOWN = timedelta(days=400)
"""How long a browser is known; browsers keep no cookie for longer."""

BAD_KEY = Text(
    en="The API key is unknown, revoked or expired. Ask an administrator of the company for another one.",
    ru="Ключ API неизвестен, отозван или истёк. Попросите у администратора компании другой.",
)
BAD_SCHEME = Text(
    en="The Authorization header is not understood. Send “Authorization: Bearer <API key>”.",
    ru="Заголовок Authorization не распознан. Отправьте «Authorization: Bearer <ключ API>».",
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
    token = cookie(headers, SESSION_COOKIE)
    return await principals.by_session(token) if token else None


def device_token(headers: Mapping[str, str]) -> str | None:
    """By what the browser is known again; None for one that never signed in."""
    return cookie(headers, DEVICE_COOKIE)


def own_site(headers: Mapping[str, str]) -> str | None:
    """The origin of the page that asks, when it is the gateway's own; None for others, and without a page."""
    origin = headers.get("origin", "")
    return origin if origin.partition("://")[2] == headers.get("host") else None


def harmless(headers: Mapping[str, str], *, reads: bool) -> bool:
    """Whether a request can't be another site's, sent by the browser with a session that it does not know of.

    A JSON body and a header that no form has make the browser ask first, and nobody answers. A GET has no body.
    """
    if "authorization" in headers:
        return True
    site = headers.get("sec-fetch-site")
    if site == "cross-site":
        return False
    return (
        not reads
        or site == "same-origin"
        or SESSION_COOKIE not in headers.get("cookie", "")
        or any(name in headers for name in _PREFLIGHTED)
    )


def cookie(headers: Mapping[str, str], wanted: str) -> str | None:
    """The value of a cookie."""
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value
    return None


def opened_cookies(opened: SignedIn, *, secure: bool) -> Sequence[str]:
    """The Set-Cookie headers of a new session: without a lifetime it ends with the browser, which stays known."""
    return _set(SESSION_COOKIE, opened.token, opened.lifetime, secure), _set(
        DEVICE_COOKIE, opened.device, _KNOWN, secure
    )


def closed_cookies() -> Sequence[str]:
    """The Set-Cookie header that makes a browser forget its session."""
    return (f"{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",)


def _set(name: str, value: str, lifetime: timedelta | None, secure: bool) -> str:
    age = f"; Max-Age={int(lifetime.total_seconds())}" if lifetime else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{'; Secure' if secure else ''}"
