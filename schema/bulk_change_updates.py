"""A bulk change as it goes on, for whoever follows it to its end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import Row, StreamInfo, streamed
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode
from gateway.loaders.bulk_changes import BULK_CHANGES
from gateway.models.bulk_changes import BulkChangeStatus
from gateway.services.bulk_transitions import NO_CHANGE
from schema.bulk_changes import BulkChange
from schema.context import Context

_PAUSE = 0.5
"""Seconds between two reads, at least."""
_ENDED = (BulkChangeStatus.FINISHED, BulkChangeStatus.CANCELLED, BulkChangeStatus.REJECTED, BulkChangeStatus.FAILED)


async def follow_bulk_change(
    info: StreamInfo[Context], *, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")]
) -> AsyncIterator[Row]:
    """The change as it is now and after each step. Raises `Refusal` NOT_FOUND, also when the right is lost."""
    change_id = decode(id, Kind.BULK_CHANGE, ("id",))
    columns = info.selection.columns | {"company_id", "status"}

    async def read() -> Row:
        context = await info.renew()
        [row] = await context.read.rows(BULK_CHANGES, [change_id], columns)
        if row is None:
            raise Refusal(ErrorCode.NOT_FOUND, NO_CHANGE(), ("id",))
        return row

    with info.context.updates.follow("bulk_changes", (await read())["company_id"], only=change_id) as changes:
        while True:
            row = await read()
            yield row
            if row["status"] in _ENDED:
                return
            await asyncio.sleep(_PAUSE)
            async for ids in changes:
                if ids is None or ids:
                    break
                await read()  # for the look at the rights alone
                await asyncio.sleep(_PAUSE)


@strawberry.type
class BulkChangeSubscription:
    bulk_change_changed: BulkChange = streamed(
        follow_bulk_change,
        "A bulk change with its progress, now and at most twice a second, until it ends.",
        Action.BULK_CHANGE_READ,
    )
