"""Giving roles to administrators and taking them, and inviting new ones."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column, computed
from gateway.kit.ids import Kind, decode
from gateway.kit.texts import Language
from gateway.services import grants
from schema.access import Grant
from schema.context import Context
from schema.inputs import given, idempotency_key, number
from schema.scalars import PhoneNumber
from schema.user_errors import UserError, payload


@strawberry.input(description="A role to give.")
class GrantAddInput:
    administrator_id: strawberry.ID = strawberry.field(description="To whom.")
    role_id: strawberry.ID = strawberry.field(description="Role.")
    company_id: strawberry.ID = strawberry.field(description="Company.")
    department_id: strawberry.ID | None = strawberry.field(
        description="Only this department and below.", default=strawberry.UNSET
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.input(description="A person to invite as an administrator, by e-mail or by phone number.")
class AdministratorInviteInput:
    company_id: strawberry.ID = strawberry.field(description="Company.")
    name: str = strawberry.field(description="Name. At most 200 characters.")
    role_id: strawberry.ID = strawberry.field(description="Role to give.")
    email: str | None = strawberry.field(
        description="E-mail to sign in by, without a phone number.",
        default=strawberry.UNSET,
    )
    phone: PhoneNumber | None = strawberry.field(
        description="Phone number, without an e-mail.", default=strawberry.UNSET
    )
    department_id: strawberry.ID | None = strawberry.field(
        description="Only this department and below.", default=strawberry.UNSET
    )
    language: Language | None = strawberry.field(
        description="Language of messages to the person; that of the request otherwise.", default=strawberry.UNSET
    )
    idempotency_key: str | None = idempotency_key()


def _message_sent(row: Row) -> bool | None:
    return None if row["grant"] is None else row["grant"].get("message_sent")


@strawberry.type(description="Answer.")
class GrantPayload:
    grant: Grant | None = column("The grant.", PUBLIC)
    message_sent: bool | None = computed(
        _message_sent,
        "For an invitation: a message is on its way to the person. False when they, or all whom the company invites, "
        "have got too many in a day; tell them yourself.",
        PUBLIC,
        needs=("grant",),
    )
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _add(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[GrantAddInput, strawberry.argument(description="Who gets which role where.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> Row:
        return await grants.add(
            context.db,
            context.caller,
            decode(input.company_id, Kind.COMPANY, ("companyId",)),
            decode(input.administrator_id, Kind.ADMINISTRATOR, ("administratorId",)),
            decode(input.role_id, Kind.ROLE, ("roleId",)),
            number(input.department_id, Kind.DEPARTMENT, "departmentId"),
            session_id=context.session_id,
            origin=context.author,
            idempotency_key=given(input.idempotency_key),
        )

    return await payload(info, "grant", act())


async def _invite(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[AdministratorInviteInput, strawberry.argument(description="Who is invited, with which role.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> Row:
        return await grants.invite(
            context.visit,
            context.caller,
            decode(input.company_id, Kind.COMPANY, ("companyId",)),
            input.name,
            decode(input.role_id, Kind.ROLE, ("roleId",)),
            number(input.department_id, Kind.DEPARTMENT, "departmentId"),
            email=given(input.email),
            phone=given(input.phone),
            language=given(input.language) or context.language,
            session_id=context.session_id,
            origin=context.author,
            idempotency_key=given(input.idempotency_key),
        )

    return await payload(info, "grant", act())


async def _revoke(
    rows: Sequence[None],
    info: Info[Context],
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Which grant.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> Row:
        grant_id = decode(id, Kind.GRANT, ("id",))
        author, session_id = context.author, context.session_id
        return await grants.revoke(context.db, context.caller, grant_id, session_id=session_id, origin=author)

    return await payload(info, "grant", act())


@strawberry.type
class GrantMutation:
    grant_add: GrantPayload = batched(_add, "Give a role.", Action.GRANT_ADD)
    grant_revoke: GrantPayload = batched(_revoke, "Take a role; answers it as it was.", Action.GRANT_REVOKE)
    administrator_invite: GrantPayload = batched(
        _invite,
        "Give a role to whoever signs in with this e-mail or phone number; a new person signs in with a one-time code.",
        Action.ADMINISTRATOR_INVITE,
    )
