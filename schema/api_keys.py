"""Keys of integrations: making, renewing and ending them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.ids import Kind, decode
from gateway.services import api_keys
from gateway.services.api_keys import NewSecret
from schema.access import ApiKey
from schema.context import Context
from schema.inputs import given, idempotency_key, number, numbers
from schema.user_errors import UserError, UserErrorRow, attempt


@strawberry.input(description="A key to make.")
class ApiKeyCreateInput:
    company_id: strawberry.ID = strawberry.field(description="Company.")
    name: str = strawberry.field(description="Name. At most 100 characters.")
    role_ids: list[strawberry.ID] = strawberry.field(
        description="Roles it gets; none that the caller does not hold. At most 20."
    )
    expires_at: datetime | None = strawberry.field(description="Ends.", default=strawberry.UNSET)
    department_id: strawberry.ID | None = strawberry.field(
        description="Only this department and below.", default=strawberry.UNSET
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.input(description="A secret to renew.")
class ApiKeyRotateInput:
    id: strawberry.ID = strawberry.field(description="Which key.")
    overlap_hours: int = strawberry.field(
        description="For how long the secret it has now goes on working, 0 to 168 hours.", default=24
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Answer.")
class ApiKeyCreatePayload:
    api_key: ApiKey | None = column("The key.", PUBLIC)
    secret: str | None = column("The secret, only this once; a repeat under the same idempotency key has none.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.type(description="Answer.")
class ApiKeyRotatePayload:
    api_key: ApiKey | None = column("The key.", PUBLIC)
    secret: str | None = column(
        "The new secret, only this once; a repeat under the same idempotency key has none.", PUBLIC
    )
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.type(description="Answer.")
class ApiKeyRevokePayload:
    user_errors: list[UserError] = column("Why not.", PUBLIC)


def _answer(made: NewSecret | None, user_errors: list[UserErrorRow]) -> Sequence[Row]:
    row, secret = (None, None) if made is None else (made.row, made.secret or None)
    return [{"api_key": row, "secret": secret, "user_errors": user_errors}]


async def _create(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[ApiKeyCreateInput, strawberry.argument(description="What the key is called and may do.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> NewSecret:
        return await api_keys.create(
            context.db,
            context.caller,
            decode(input.company_id, Kind.COMPANY, ("companyId",)),
            input.name,
            numbers(input.role_ids, Kind.ROLE, "roleIds") or (),
            department_id=number(input.department_id, Kind.DEPARTMENT, "departmentId"),
            expires_at=given(input.expires_at),
            session_id=context.session_id,
            origin=context.author,
            idempotency_key=given(input.idempotency_key),
        )

    return _answer(*await attempt(info, act()))


async def _rotate(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[ApiKeyRotateInput, strawberry.argument(description="Which key, and the overlap.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> NewSecret:
        key_id, overlap = decode(input.id, Kind.API_KEY, ("id",)), timedelta(hours=input.overlap_hours)
        return await api_keys.rotate(
            context.db,
            context.caller,
            key_id,
            overlap,
            session_id=context.session_id,
            origin=context.author,
            idempotency_key=given(input.idempotency_key),
        )

    return _answer(*await attempt(info, act()))


async def _revoke(
    rows: Sequence[None],
    info: Info[Context],
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Which key.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> None:
        await api_keys.revoke(context.db, context.caller, decode(id, Kind.API_KEY, ("id",)), origin=context.author)

    _, user_errors = await attempt(info, act())
    return [{"user_errors": user_errors}]


@strawberry.type
class ApiKeyMutation:
    api_key_create: ApiKeyCreatePayload = batched(
        _create, "Make an API key; the secret is shown only here.", Action.API_KEY_CREATE
    )
    api_key_rotate: ApiKeyRotatePayload = batched(
        _rotate, "Give an API key a new secret; the one it has works on for a while.", Action.API_KEY_ROTATE
    )
    api_key_revoke: ApiKeyRevokePayload = batched(_revoke, "End an API key.", Action.API_KEY_REVOKE)
