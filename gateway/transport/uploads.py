"""`POST /uploads?companyId=…&name=…`: a file as the body, its id as the answer."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode, encode
from gateway.kit.texts import Text
from gateway.services.principals import Identity, Principals
from gateway.services.uploads import LARGEST_UPLOAD, store_upload
from gateway.transport.files import answer_caller, json_response
from gateway.transport.requests import fault, read_body

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
        async def keep(identity: Identity) -> Response:
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORM_TYPES:
                raise fault(415, FORM)
            if "companyId" not in request.query_params:
                raise Refusal(ErrorCode.REQUIRED, WHOSE(), ("companyId",))
            company_id = decode(request.query_params["companyId"], Kind.COMPANY, ("companyId",))
            content = await read_body(request.receive, dict(request.headers), LARGEST_UPLOAD)
            name = request.query_params.get("name", "upload")[:200]
            upload_id = await store_upload(self._db, identity.principal, company_id, name=name, content=content)
            return json_response(201, {"id": encode(Kind.UPLOAD, upload_id), "name": name, "size": len(content)})

        return await answer_caller(request, self._principals, keep)
