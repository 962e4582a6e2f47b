"""The caller's answers to invitations."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.ids import Kind, decode
from gateway.services import invitations
from schema.context import Context
from schema.user_errors import UserError, attempt
from schema.viewer import Viewer, viewer_row


@strawberry.input(description="Joining a company that has invited the caller.")
class InvitationAcceptInput:
    company_id: strawberry.ID = strawberry.field(description="Which company: one of `viewer.invitations`.")
    name: str = strawberry.field(
        description="What the caller is called from now on, in each company of theirs. At most 200 characters."
    )


@strawberry.type(description="Answer.")
class InvitationPayload:
    viewer: Viewer | None = column("The caller, with what they hold and what still waits for an answer.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _accept(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[InvitationAcceptInput, strawberry.argument(description="Which one, and by which name.")],
) -> Sequence[Row]:
    context = info.context

    async def accept() -> None:
        company_id = decode(input.company_id, Kind.COMPANY, ("companyId",))
        context.principal = await invitations.accept(context.visit, context.caller, company_id, input.name)

    _, user_errors = await attempt(info, accept())
    return [{"viewer": viewer_row(context), "user_errors": user_errors}]


async def _decline(
    rows: Sequence[None],
    info: Info[Context],
    *,
    company_id: Annotated[
        strawberry.ID, strawberry.argument(description="Which company: one of `viewer.invitations`.")
    ],
) -> Sequence[Row]:
    context = info.context

    async def decline() -> None:
        await invitations.decline(context.visit, context.caller, decode(company_id, Kind.COMPANY, ("companyId",)))

    _, user_errors = await attempt(info, decline())
    return [{"viewer": viewer_row(context), "user_errors": user_errors}]


@strawberry.type
class InvitationMutation:
    invitation_accept: InvitationPayload = batched(
        _accept, "Join a company that has invited the caller; what it has given is held from now on.", PUBLIC
    )
    invitation_decline: InvitationPayload = batched(
        _decline, "Refuse an invitation: what the company has given is taken back.", PUBLIC
    )
