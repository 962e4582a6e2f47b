"""Numbers as they change, for whoever follows a company."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import strawberry

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.execution import Row, StreamInfo, streamed
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode
from gateway.loaders.numbers import AT_ONCE, NUMBERS, numbers_updated_since
from gateway.loaders.reading import Read
from gateway.services.giving import NO_COMPANY
from schema.context import Context, forbidden
from schema.numbers import Number

_LATE = timedelta(minutes=2)
"""A change is dated by the beginning of its transaction, and seen at the end."""


def follow_numbers(
    info: StreamInfo[Context],
    *,
    company_id: Annotated[strawberry.ID, strawberry.argument(description="Whose numbers.")],
) -> AsyncIterator[Row]:
    """The numbers that change, as they are when they are sent. Raises `Refusal` NOT_FOUND or FORBIDDEN."""
    id = decode(company_id, Kind.COMPANY, ("companyId",))
    _may_follow(info.context.caller, id)
    return _changed(info, id)


async def _changed(info: StreamInfo[Context], company_id: int) -> AsyncIterator[Row]:
    columns = info.selection.columns | set(Number.__place__)  # by which each event is checked, rights being new or old

    async def read() -> Read:
        context = await info.renew()
        _may_follow(context.caller, company_id)
        return context.read

    with info.context.updates.follow("numbers", company_id) as changes:
        told_until = datetime.now(UTC)
        async for ids in changes:
            looked = datetime.now(UTC)
            if ids is None:
                async for row in numbers_updated_since(read, company_id, told_until - _LATE, columns):
                    yield row
            else:
                for start in range(0, max(1, len(ids)), AT_ONCE):  # without ids, for the look at the rights alone
                    for found in await (await read()).rows(NUMBERS, ids[start : start + AT_ONCE], columns):
                        if found is not None:
                            yield found
            told_until = looked


def _may_follow(principal: Principal, company_id: int) -> None:
    if company_id not in principal.companies:
        raise Refusal(ErrorCode.NOT_FOUND, NO_COMPANY(), ("companyId",))
    if not scope(principal, Action.NUMBER_READ).anywhere.covers(company_id):
        raise forbidden(Action.NUMBER_READ)


@strawberry.type
class NumberSubscription:
    number_changed: Number = streamed(follow_numbers, "Numbers of a company as they change.", Action.NUMBER_READ)
