"""Taking over a register of numbers and employees from an uploaded file."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.errors import ErrorCode
from gateway.kit.ids import Kind, decode
from gateway.services.register_rows import CellError as CellErrorRow
from gateway.services.registers import Imported, import_upload
from schema.context import Context
from schema.inputs import given, idempotency_key
from schema.user_errors import UserError, attempt


@strawberry.input(description="A register to take over.")
class RegisterImportInput:
    company_id: strawberry.ID = strawberry.field(description="Company.")
    upload_id: strawberry.ID = strawberry.field(description="The uploaded file.")
    dry_run: bool = strawberry.field(description="Only check.", default=True)
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="An error in a cell.")
class CellError:
    row: int = column("Row, counted from 1 with the header.", PUBLIC)
    value: str | None = column("The value.", PUBLIC)
    code: ErrorCode = column("Code.", PUBLIC)
    message: str = column("Message.", PUBLIC)
    column: str = column("Name of the column.", PUBLIC)


@strawberry.type(description="Answer.")
class RegisterImportPayload:
    row_count: int | None = column("Rows read.", PUBLIC)
    added: int | None = column("Numbers added.", PUBLIC)
    changed: int | None = column("Numbers changed.", PUBLIC)
    cell_errors: list[CellError] = column("Errors by cell; with any, nothing was taken over. At most 1,000.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _register_import(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[RegisterImportInput, strawberry.argument(description="The company and the file.")],
) -> Sequence[Row]:
    imported, user_errors = await attempt(info, _import(info.context, input))
    if imported is None:
        nothing: dict[str, object] = {"row_count": None, "added": None, "changed": None, "cell_errors": []}
        return [{**nothing, "user_errors": user_errors}]
    return [
        {
            "row_count": imported.row_count,
            "added": imported.added,
            "changed": imported.changed,
            "cell_errors": [_cell_error(error, info.context) for error in imported.errors],
            "user_errors": user_errors,
        }
    ]


async def _import(context: Context, input: RegisterImportInput) -> Imported:
    company_id = decode(input.company_id, Kind.COMPANY, ("companyId",))
    upload_id = decode(input.upload_id, Kind.UPLOAD, ("uploadId",))
    return await import_upload(
        context.db,
        context.caller,
        company_id,
        upload_id,
        catalogue=context.catalogue,
        origin=context.author,
        dry_run=input.dry_run,
        budget=context.budget,
        idempotency_key=given(input.idempotency_key),
    )


def _cell_error(error: CellErrorRow, context: Context) -> Row:
    return {
        "row": error.row,
        "column": error.column,
        "value": error.value,
        "code": error.code,
        "message": error.message.render(context.language),
    }


@strawberry.type
class RegisterMutation:
    register_import: RegisterImportPayload = batched(
        _register_import,
        "Take over a register of numbers and employees from an uploaded file, one of a company at a time, dry runs "
        "too; each row costs 5 points. A company has CONFLICT while another one of it is under way.",
        Action.REGISTER_IMPORT,
    )
