"""A GraphQL request as it came over HTTP: who may send it, media types, size, and the three parameters."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope

from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Message, Text
from gateway.telemetry.logs import new_correlation_id
from gateway.transport.authentication import harmless

LARGEST_BODY = 100_000
"""Bytes of a request's body."""
_PATIENCE, _SLOWEST = 10.0, 20_000
"""Seconds that a body may take, and for how many bytes that have come a second more is granted."""

_REMEMBERED = 300
"""Characters of a header whose meaning is kept."""

EVENTS = "text/event-stream"
TEXT = "text/plain"
RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"

Headers: TypeAlias = dict[str, str]

UNSUPPORTED_MEDIA_TYPE = Text(
    en="Send the request as “Content-Type: application/json” in UTF-8.",
    ru="Отправьте запрос с заголовком «Content-Type: application/json» в UTF-8.",
)
FOREIGN_ORIGIN = Text(
    en="Nothing shows that this is not a page of another site, which must not use the session of the cookie. "
    "With a GET send an “X-Requested-With” header, or use an API key instead of the cookie.",
    ru="Ничто не показывает, что это не страница другого сайта, а ей нельзя пользоваться сеансом из cookie. "
    "Для GET отправьте заголовок «X-Requested-With» или используйте вместо cookie ключ API.",
)
NOT_JSON = Text(
    en="The body is not valid JSON in UTF-8. Send an object with “query”, “variables” and “operationName”.",
    ru="Тело запроса — не JSON в UTF-8. Отправьте объект с полями «query», «variables» и «operationName».",
)
NOT_AN_OBJECT = Text(
    en="The body must be one JSON object; batches are not supported. Send one operation a request.",
    ru="Тело запроса должно быть одним JSON-объектом; пакеты не поддерживаются. Отправляйте операции по одной.",
)
WRONG_PARAMETER = Text(
    en="“{name}” must be {wanted}.",
    ru="Поле «{name}» должно содержать {wanted}.",
)
A_STRING = Text(en="a string", ru="строку")
A_DOCUMENT = Text(en="a string with a GraphQL document", ru="строку с документом GraphQL")
AN_OBJECT = Text(en="an object", ru="объект")
TOO_LARGE = Text(
    en="The body has more than {limit:,} bytes. Move long values into uploads and split long lists.",
    ru="Тело запроса больше {limit:,} байт. Передавайте файлы через загрузку и делите длинные списки.",
)
TOO_SLOW = Text(
    en="The body was not there after {seconds} seconds. Send it again, over a faster line or in smaller parts.",
    ru="Тело запроса не пришло за {seconds} с. Повторите запрос по более быстрому каналу или меньшими частями.",
)


T = TypeVar("T")


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """Keeps what the headers mean that come again and again. Long ones would only fill the memory."""
    kept = lru_cache(maxsize=256)(function)
    return wraps(function)(lambda header: kept(header) if len(header) <= _REMEMBERED else function(header))


def headers_of(scope: Scope) -> Headers:
    """The headers of a request; names are in lower case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


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


class HttpFault(Exception):
    """A request that is refused before it is a GraphQL request: the HTTP status and what to tell."""

    def __init__(self, status: int, error: GatewayError, headers: Headers | None = None) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error
        self.headers = headers or {}


def fault(status: int, text: Text, headers: Headers | None = None, **values: Any) -> HttpFault:
    return HttpFault(status, GatewayError(GatewayErrorCode.BAD_REQUEST, text(**values)), headers)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a client asks: a document, values for its variables, and which of its operations."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    document_id: str | None = None
    """The SHA-256 of the document, in hexadecimal; with it `query` may be empty."""


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


async def read_body(
    receive: Receive, headers: Headers, largest: int = LARGEST_BODY, too_large: Message | None = None
) -> bytes:
    """The whole body; an `HttpFault` 413 as soon as it is known to be too large, 408 when it comes too slowly."""

    def refused() -> HttpFault:
        return HttpFault(413, GatewayError(GatewayErrorCode.BAD_REQUEST, too_large or TOO_LARGE(limit=largest)))

    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > largest:
        raise refused()
    body, more, begun = bytearray(), True, asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(_PATIENCE) as patience:
            while more:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > largest:
                    raise refused()
                more = message.get("more_body", False)
                if more:
                    patience.reschedule(begun + _PATIENCE + len(body) / _SLOWEST)
    except TimeoutError:
        seconds = round(_PATIENCE + len(body) / _SLOWEST)
        raise fault(408, TOO_SLOW, {"connection": "close"}, seconds=seconds) from None
    return bytes(body)


def parameters(body: bytes) -> Parameters:
    """The parameters in a JSON body; an `HttpFault` 400 names what is wrong with it."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise fault(400, NOT_JSON) from None
    if not isinstance(given, dict):
        raise fault(400, NOT_AN_OBJECT)
    return checked(given)


def query_parameters(query_string: bytes) -> Parameters:
    """The parameters in a URL, where `variables` and `extensions` are JSON; an `HttpFault` 400 like `parameters`."""
    given: dict[str, Any] = dict(parse_qsl(query_string.decode("latin-1")))
    for name in ("variables", "extensions"):
        if name in given:
            try:
                given[name] = orjson.loads(given[name])
            except orjson.JSONDecodeError:
                raise fault(400, WRONG_PARAMETER, name=name, wanted=AN_OBJECT) from None
    return checked(given)


def checked(given: Mapping[str, Any]) -> Parameters:
    """The parameters of an object; an `HttpFault` 400 names the first that is wrong."""
    query, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    extensions = given.get("extensions")
    document_id = _document_id(given, extensions)
    if document_id is not None and query is None:
        query = ""
    if not isinstance(query, str) or (not query and document_id is None):
        raise fault(400, WRONG_PARAMETER, name="query", wanted=A_DOCUMENT)
    if variables is not None and not isinstance(variables, dict):
        raise fault(400, WRONG_PARAMETER, name="variables", wanted=AN_OBJECT)
    if name is not None and not isinstance(name, str):
        raise fault(400, WRONG_PARAMETER, name="operationName", wanted=A_STRING)
    if extensions is not None and not isinstance(extensions, dict):
        raise fault(400, WRONG_PARAMETER, name="extensions", wanted=AN_OBJECT)
    return Parameters(query, variables, name, extensions or {}, document_id)


def _document_id(given: Mapping[str, Any], extensions: object) -> str | None:
    """The id in `documentId`, or where automatic persisted queries have it."""
    id = given.get("documentId")
    if id is None and isinstance(extensions, dict) and isinstance(extensions.get("persistedQuery"), dict):
        id = extensions["persistedQuery"].get("sha256Hash")
    if id is not None and not isinstance(id, str):
        raise fault(400, WRONG_PARAMETER, name="documentId", wanted=A_STRING)
    return id.removeprefix("sha256:").lower() if id is not None else None


@remembered
def accepted(accept: str) -> str | None:
    """The media type to answer in; None when the caller takes none of ours. Nothing said means plain JSON."""
    best, best_quality = (JSON, 0.0) if not accept.strip() else (None, 0.0)
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = quality_of(parameters)
        offered = {RESPONSE_JSON: RESPONSE_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}.get(media)
        if offered and _in_utf8(parameters) and quality > best_quality:
            best, best_quality = offered, quality
    return best


@remembered
def is_json(content_type: str) -> bool:
    """Whether a Content-Type is JSON in UTF-8."""
    media, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    return media == JSON and _in_utf8(parameters)


def _in_utf8(parameters: Sequence[str]) -> bool:
    """Whether the parameters of a media type name UTF-8, or no encoding."""
    charset = next((each.partition("=")[2].strip('"') for each in parameters if each.startswith("charset=")), "utf-8")
    return charset in ("utf-8", "utf8")


def quality_of(parameters: Sequence[str]) -> float:
    """The weight of one entry of an Accept header, from its parameters; 0 where it is malformed."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
