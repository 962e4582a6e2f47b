"""Signing in and out, and ending sessions."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.errors import ErrorCode
from gateway.kit.ids import Kind, decode
from gateway.services import login_alerts, sessions
from gateway.services.sessions import SignedIn
from schema.context import Context
from schema.inputs import given
from schema.user_errors import UserError, UserErrorRow, attempt
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


@strawberry.type(description="Answer.")
class SessionRevokePayload:
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.input(description="Alerts about log-ins.")
class LoginAlertsSetInput:
    email: bool = strawberry.field(description="By e-mail.")
    sms: bool = strawberry.field(description="By SMS.")


@strawberry.type(description="Answer.")
class LoginAlertsSetPayload:
    viewer: Viewer | None = column("The caller, with the alerts as they are now.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


def signed_in(
    info: Info[Context], opened: SignedIn | None, user_errors: list[UserErrorRow], *, wrong_factor: bool = False
) -> Sequence[Row]:
    """The answer of whatever opens a session; a second factor is needed without one and without an error."""
    if opened is not None:
        info.context.sign_in(opened)
    return [
        {
            "viewer": viewer_row(info.context),
            "second_factor_required": wrong_factor or (opened is None and not user_errors),
            "user_errors": user_errors,
        }
    ]


async def _login(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[LoginInput, strawberry.argument(description="Log-in and password.")],
) -> Sequence[Row]:
    signing_in = sessions.sign_in(
        info.context.visit, input.login, input.password, given(input.code), remember=bool(given(input.remember))
    )
    opened, user_errors = await attempt(info, signing_in)
    wrong_factor = any(error["code"] is ErrorCode.BAD_CODE for error in user_errors)
    return signed_in(info, opened, user_errors, wrong_factor=wrong_factor)


async def _logout(rows: Sequence[None], info: Info[Context]) -> Sequence[Row]:
    context = info.context
    _, user_errors = await attempt(info, sessions.sign_out(context.visit, context.principal, context.session_id))
    if not user_errors:
        context.sign_out()
    return [{"user_errors": user_errors}]


async def _session_revoke(
    rows: Sequence[None],
    info: Info[Context],
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Which session; one's own only.")],
) -> Sequence[Row]:
    context = info.context

    async def revoke() -> int:
        session_id = decode(id, Kind.SESSION, ("id",))
        await sessions.revoke_session(context.visit, context.caller, session_id)
        return session_id

    revoked, user_errors = await attempt(info, revoke())
    if revoked is not None and revoked == context.session_id:
        context.sign_out()
    return [{"user_errors": user_errors}]


async def _login_alerts_set(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[LoginAlertsSetInput, strawberry.argument(description="Which alerts.")],
) -> Sequence[Row]:
    context = info.context
    setting = login_alerts.set_login_alerts(context.visit, context.caller, email=input.email, sms=input.sms)
    _, user_errors = await attempt(info, setting)
    return [{"viewer": viewer_row(context), "user_errors": user_errors}]


@strawberry.type
class SessionMutation:
    login: LoginPayload = batched(_login, "Sign in; sets the session cookie.", PUBLIC)
    logout: LogoutPayload = batched(_logout, "Sign out of this session.", PUBLIC)
    session_revoke: SessionRevokePayload = batched(_session_revoke, "End a session.", PUBLIC)
    login_alerts_set: LoginAlertsSetPayload = batched(
        _login_alerts_set, "Switch the alerts about one's own log-ins on and off.", PUBLIC
    )
