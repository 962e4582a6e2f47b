"""Files that were sent to POST /uploads, and deleting them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column, computed
from gateway.kit.ids import Kind, decode
from gateway.loaders import uploads as loader
from gateway.models.uploads import KEPT
from gateway.services.uploads import delete_upload
from schema.context import Context
from schema.journal import Actor
from schema.node import Node, global_id, register
from schema.user_errors import UserError, payload


@strawberry.type(
    description="A file that was sent to POST /uploads, for a register or as a list of numbers. It goes a day later, "
    "whether it was used or not."
)
class Upload(Node):
    id: strawberry.ID = global_id(Kind.UPLOAD, PUBLIC)
    name: str = column("Name of the file.", PUBLIC)
    size: int = column("Its bytes.", PUBLIC)
    created_at: datetime = column("Sent.", PUBLIC)
    expires_at: datetime = computed(lambda row: row["created_at"] + KEPT, "Goes.", PUBLIC, needs=("created_at",))
    created_by: Actor = computed(
        lambda row: row, "Who sent it, and alone can use it.", PUBLIC, needs=("actor_name", "actor_kind", "actor_id")
    )


@strawberry.type(description="Answer.")
class UploadDeletePayload:
    upload: Upload | None = column("The file as it was.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@register(Kind.UPLOAD)
async def read_uploads(context: Context, ids: Sequence[int], columns: frozenset[str]) -> Sequence[Row | None]:
    return await loader.uploads_by_id(context.read, ids, columns)


async def load_uploads(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    """The files of each company."""
    ids = [row["id"] for row in rows]
    return await loader.uploads_of_companies(info.context.read, ids, info.selection.columns)


async def _delete(
    rows: Sequence[None],
    info: Info[Context],
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Which file.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> Row:
        return await delete_upload(context.db, context.caller, decode(id, Kind.UPLOAD, ("id",)), origin=context.author)

    return await payload(info, "upload", act())


@strawberry.type
class UploadMutation:
    upload_delete: UploadDeletePayload = batched(
        _delete,
        "Delete a kept file: one's own or, where the action is held over the whole company, that of somebody else.",
        Action.UPLOAD_DELETE,
    )
