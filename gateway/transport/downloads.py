"""`GET` of a bulk change's `resultUrl`: what became of each number, as JSONL, CSV or XLSX."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.db import Database
from gateway.kit.ids import Kind, decode
from gateway.kit.texts import Text, negotiate
from gateway.reports.tables import TableFormat, write
from gateway.services.bulk_results import COLUMNS, find_result, read_result
from gateway.services.principals import Identity, Principals
from gateway.transport.files import answer_caller
from gateway.transport.requests import fault

NO_FORMAT = Text(
    en="A result is there in these formats, by the end of the address: {formats}.",
    ru="Результат доступен в форматах, указанных в конце адреса: {formats}.",
)


class DownloadEndpoint:
    """Sends files as they are made, in pieces: a long one takes no more memory than a short one."""

    def __init__(self, db: Database, principals: Principals) -> None:
        self._db = db
        self._principals = principals

    async def bulk_result(self, request: Request) -> Response:
        async def send(identity: Identity) -> Response:
            id, format = request.path_params["id"], _format(request.path_params["format"])
            language = identity.language or negotiate(request.headers.get("accept-language", ""))
            change_id = decode(id, Kind.BULK_CHANGE, ("id",))
            company_id = await find_result(self._db, identity.principal, change_id)
            rows = read_result(self._db, identity.principal, company_id, change_id, language)
            headers = {
                "Content-Disposition": f'attachment; filename="{id}.{format}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
            return StreamingResponse(
                write(format, COLUMNS, language, rows), headers=headers, media_type=format.media_type
            )

        return await answer_caller(request, self._principals, send)


def _format(name: str) -> TableFormat:
    format = TableFormat.__members__.get(name.upper())
    if format is None:
        raise fault(404, NO_FORMAT, formats=", ".join(TableFormat))
    return format
