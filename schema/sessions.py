"""Signing in and out."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.services import sessions
from schema.context import Context
from schema.inputs import given
from schema.user_errors import UserError, attempt
from schema.viewer import Viewer, viewer_row


@strawberry.input(description="Signing in.")
class LoginInput:
    login: str = strawberry.field(description="Phone number or e-mail.")
    password: str = strawberry.field(description="Password.")
    code: str | None = strawberry.field(description="Code of the second factor.", default=strawberry.UNSET)
    remember: bool | None = strawberry.field(description="Stay signed in.", default=False)


@strawberry.type(description="Answer.")
class LoginPayload:
    viewer: Viewer | None = column("Who is signed in now.", PUBLIC)
    second_factor_required: bool = column("A second factor is asked for.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.type(description="Answer.")
class LogoutPayload:
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _login(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[LoginInput, strawberry.argument(description="Log-in and password.")],
) -> Sequence[Row]:
    context = info.context
    signing_in = sessions.sign_in(
        context.db,
        input.login,
        input.password,
        device=context.user_agent,
        ip=context.ip,
        remember=bool(given(input.remember)),
    )
    signed_in, user_errors = await attempt(info, signing_in)
    if signed_in is not None:
        context.sign_in(signed_in)
    return [{"viewer": viewer_row(context), "second_factor_required": False, "user_errors": user_errors}]


async def _logout(rows: Sequence[None], info: Info[Context]) -> Sequence[Row]:
    if info.context.session_id is not None:
        await sessions.sign_out(info.context.db, info.context.session_id)
    info.context.sign_out()
    return [{"user_errors": []}]


@strawberry.type
class SessionMutation:
    login: LoginPayload = batched(_login, "Sign in; sets the session cookie.", PUBLIC)
    logout: LogoutPayload = batched(_logout, "Sign out of this session.", PUBLIC)
