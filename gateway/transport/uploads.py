"""`POST /uploads?companyId=…&name=…`: a file as the body, its id as the answer."""

import secrets
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from gateway.db import Database
from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.kit.ids import Kind, decode, encode
from gateway.kit.texts import Text, negotiate
from gateway.services.principals import Principals
from gateway.services.uploads import LARGEST_UPLOAD, store_upload
from gateway.transport.answers import present
from gateway.transport.authentication import identify
from gateway.transport.requests import HttpFault, fault, read_body

SIGN_IN = Text(
    en="Sign in or send an API key to upload files.", ru="Чтобы загружать файлы, войдите или отправьте API-ключ."
)
WHOSE = Text(
    en="Name the company that the file is for: POST /uploads?companyId=com_123&name=register.xlsx.",
    ru="Укажите компанию, для которой файл: POST /uploads?companyId=com_123&name=register.xlsx.",
)
FORM = Text(
    en="Send the file itself as the body, with “Content-Type: text/csv” or “application/octet-stream”, not as a form.",
    ru="Отправьте сам файл телом запроса с «Content-Type: text/csv» или «application/octet-stream», а не формой.",
)
# Types that a form of another site could send with the user's cookie.
_FORM_TYPES = ("", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded")


class UploadEndpoint:
    """Stores an uploaded file. Answers `{"id", "name", "size"}` with 201, or `{"errors": […]}` like `/graphql`."""

    def __init__(self, db: Database, principals: Principals) -> None:
        self._db = db
        self._principals = principals

    async def store(self, request: Request) -> Response:
        language = negotiate(request.headers.get("accept-language", ""))
        correlation_id = secrets.token_hex(16)
        error: GatewayError | Refusal
        try:
            return _json(201, await self._store(request))
        except HttpFault as refused:
            status, error = refused.status, refused.error
        except GatewayError as refused:
            status, error = 401, refused
        except Refusal as refused:
            status, error = 400, refused
        entries = present(GraphQLError(str(error), original_error=error), language, correlation_id)
        return _json(status, {"errors": entries})

    async def _store(self, request: Request) -> dict[str, Any]:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORM_TYPES:
            raise fault(415, FORM)
        identity = await identify(request.headers, self._principals)
        if identity is None:
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, SIGN_IN())
        if "companyId" not in request.query_params:
            raise Refusal(ErrorCode.REQUIRED, WHOSE(), ("companyId",))
        company_id = decode(request.query_params["companyId"], Kind.COMPANY, ("companyId",))
        content = await read_body(request.receive, dict(request.headers), LARGEST_UPLOAD)
        name = request.query_params.get("name", "upload")[:200]
        upload_id = await store_upload(self._db, identity.principal, company_id, name=name, content=content)
        return {"id": encode(Kind.UPLOAD, upload_id), "name": name, "size": len(content)}


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
