"""Resetting the second factors of somebody who has lost theirs."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.ids import Kind, decode
from gateway.loaders.access import ADMINISTRATORS
from gateway.services import second_factor_resets
from schema.access import Administrator
from schema.context import Context
from schema.inputs import given, idempotency_key
from schema.user_errors import UserError, attempt


@strawberry.input(description="Somebody who has lost authenticator, passkeys and recovery codes.")
class SecondFactorResetInput:
    administrator_id: strawberry.ID = strawberry.field(
        description="Who; nobody resets their own, nor those of somebody who holds more, or holds roles elsewhere."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Answer.")
class SecondFactorResetPayload:
    administrator: Administrator | None = column("The administrator.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _reset(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[SecondFactorResetInput, strawberry.argument(description="Whose.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> int:
        administrator_id = decode(input.administrator_id, Kind.ADMINISTRATOR, ("administratorId",))
        await second_factor_resets.reset(
            context.visit,
            context.caller,
            administrator_id,
            session_id=context.session_id,
            idempotency_key=given(input.idempotency_key),
        )
        return administrator_id

    administrator_id, user_errors = await attempt(info, act())
    columns = info.selection.at("administrator").columns
    [administrator] = await context.read.rows(ADMINISTRATORS, [administrator_id], columns)
    return [{"administrator": administrator, "user_errors": user_errors}]


@strawberry.type
class SecondFactorResetMutation:
    second_factor_reset: SecondFactorResetPayload = batched(
        _reset,
        "End all second factors of somebody else, with their recovery codes, password and sessions: they are told, and "
        "sign in by a one-time code. Needs a fresh stepUp or log-in.",
        Action.SECOND_FACTOR_RESET,
    )
