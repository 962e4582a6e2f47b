"""`POST /uploads?companyId=…&name=…`: a file as the body, its id as the answer."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from gateway.db import Database
from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.kit.ids import Kind, decode, encode
from gateway.kit.texts import Text
from gateway.services.uploads import LARGEST_UPLOAD, require_use, store_upload, too_large
from gateway.transport.authentication import harmless
from gateway.transport.operations import Operations
from gateway.transport.requests import FOREIGN_ORIGIN, JSON, Request, fault, read_body
from gateway.transport.responses import Response, refusal, respond
from schema.context import REQUEST

WHOSE = Text(
    en="Name the company that the file is for: POST /uploads?companyId=com_123&name=register.xlsx.",
    ru="Укажите компанию, для которой файл: POST /uploads?companyId=com_123&name=register.xlsx.",
)
FORM = Text(
    en="Send the file itself as the body, with “Content-Type: text/csv” or “application/octet-stream”, not as a form.",
    ru="Отправьте сам файл телом запроса с «Content-Type: text/csv» или «application/octet-stream», а не формой.",
)
BUSY = Text(
    en="{most} files of the company are being sent already. Send this one when they are there.",
    ru="Уже отправляется файлов этой компании: {most}. Отправьте этот, когда они дойдут.",
)
# Types that a form of another site could send with the user's cookie.
_FORM_TYPES = ("", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded")
_AT_ONCE = 3
"""Files of a company that a process takes at a time: it holds each in memory."""
_BYTES = 100
"""Bytes of a file for a point."""


class UploadEndpoint:
    """Stores an uploaded file. Answers `{"id", "name", "size"}` with 201, or `{"errors": […]}` like `/graphql`."""

    def __init__(self, db: Database, operations: Operations) -> None:
        self._db = db
        self._operations = operations
        self._coming: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.of(scope, receive)
        try:
            response = await self._store(request)
        except Exception as failure:
            response = refusal(request, failure)
        await respond(send, request, response)

    async def _store(self, request: Request) -> Response:
        address = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        caller = await self._operations.caller(request.headers, request.ip)
        context = self._operations.context(caller, request.correlation_id)
        principal = context.caller
        if not harmless(request.headers, reads=False):
            raise fault(403, FOREIGN_ORIGIN)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORM_TYPES:
            raise fault(415, FORM)
        if "companyId" not in address:
            raise Refusal(ErrorCode.REQUIRED, WHOSE(), ("companyId",))
        company_id = decode(address["companyId"], Kind.COMPANY, ("companyId",))
        require_use(principal, company_id)
        with self._taking(company_id):
            content = await read_body(request.receive, request.headers, LARGEST_UPLOAD, too_large())
            await context.charge(REQUEST + len(content) // _BYTES)
            name = address.get("name", "upload")[:200]
            upload_id = await store_upload(self._db, principal, company_id, name=name, content=content)
        answer = {"id": encode(Kind.UPLOAD, upload_id), "name": name, "size": len(content)}
        return Response(201, orjson.dumps(answer), JSON)

    @contextmanager
    def _taking(self, company_id: int) -> Iterator[None]:
        if self._coming[company_id] >= _AT_ONCE:
            raise GatewayError(GatewayErrorCode.RATE_LIMITED, BUSY(most=_AT_ONCE), extensions={"retryAfter": 5})
        self._coming[company_id] += 1
        try:
            yield
        finally:
            self._coming[company_id] -= 1
            if not self._coming[company_id]:
                del self._coming[company_id]
