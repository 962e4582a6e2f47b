"""What is sent back over HTTP, in a media type that the caller takes, packed where that pays; faults as `errors`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from starlette.types import Send

from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.kit.texts import Text, negotiate
from gateway.transport.answers import present_fault
from gateway.transport.compression import packed
from gateway.transport.observing import observe_refused
from gateway.transport.requests import JSON, RESPONSE_JSON, TEXT, Headers, HttpFault, Request, accepted

STATUSES = {
    GatewayErrorCode.PERSISTED_QUERY_NOT_FOUND: 200,  # no failure: the client goes on and sends the document
    GatewayErrorCode.UNAUTHENTICATED: 401,
    GatewayErrorCode.FORBIDDEN: 403,
    GatewayErrorCode.RATE_LIMITED: 429,
    GatewayErrorCode.TIMEOUT: 504,
    GatewayErrorCode.UNAVAILABLE: 503,
}
"""The status of an answer by the code of what kept the request from being answered; 400 for the others."""

_PIECE = 250_000
"""Bytes that are written at a time: the next ones wait until these are on their way."""
_MOST_UNREAD = 30_000_000
"""Bytes of answers in pieces that wait for one reader; a single answer may have more."""

TOO_MUCH_UNREAD = Text(
    en="{bytes:,} bytes of other answers are still to be read. Read them first, or ask for less at a time.",
    ru="Ещё не прочитаны другие ответы: {bytes:,} {bytes:байт|байта|байт}. Сначала прочитайте их или запрашивайте "
    "меньше за раз.",
)

_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in (JSON, RESPONSE_JSON, TEXT)}
_PACKED = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


@dataclass(slots=True)
class Response:
    """What is sent back."""

    status: int
    body: bytes
    media: str
    headers: Headers = field(default_factory=dict)
    cookies: Sequence[str] = ()
    reader: object = None
    """Whose memory it takes until it is read."""


_unread: Counter[object] = Counter()
"""Bytes of long answers that are held, by their readers."""


def refusal(request: Request, failure: Exception) -> Response:
    """How a request is answered that was not executed, or could not be, be it for a document or a file."""
    media = accepted(request.headers.get("accept", "")) or JSON
    status, error, headers = 500, failure, dict[str, str]()
    if isinstance(failure, HttpFault):
        status, error, headers = failure.status, failure.error, failure.headers
    elif isinstance(failure, GatewayError):
        status = STATUSES.get(failure.code, 400)
        headers = {"www-authenticate": "Bearer"} if status == 401 else retry_after(failure)
    elif isinstance(failure, Refusal):
        status = {ErrorCode.NOT_FOUND: 404, ErrorCode.FORBIDDEN: 403}.get(failure.code, 400)
    observe_refused(status)
    language = negotiate(request.headers.get("accept-language", ""))
    body = orjson.dumps({"errors": present_fault(error, language, request.correlation_id)})
    return Response(status, body, media, headers)


async def respond(send: Send, request: Request, response: Response) -> None:
    """Sends a response, packed where that pays, and a long one piece by piece, unless its reader has too many."""
    body, reader = response.body, response.reader
    small = await packed(body, request.headers.get("accept-encoding", ""))
    if small is not None:
        body = small
    if len(body) > _PIECE and _unread[reader] and _unread[reader] + len(body) > _MOST_UNREAD:
        unread = GatewayError(GatewayErrorCode.RATE_LIMITED, TOO_MUCH_UNREAD(bytes=_unread[reader]))
        response, small = refusal(request, unread), None
        body = response.body
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
    if len(body) <= _PIECE:
        await send({"type": "http.response.body", "body": body})
        return
    _unread[reader] += len(body)
    try:
        for start in range(0, len(body), _PIECE):
            end = start + _PIECE
            await send({"type": "http.response.body", "body": body[start:end], "more_body": end < len(body)})
    finally:
        _unread[reader] -= len(body)
        if not _unread[reader]:
            del _unread[reader]


def retry_after(error: GatewayError) -> Headers:
    """The header that says when to try again, where the error knows."""
    seconds = error.extensions.get("retryAfter")
    return {} if seconds is None else {"retry-after": str(seconds)}
