"""Passwords: set by a one-time code, and changed by the current one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.services import login_codes, password_changes
from schema.context import Context
from schema.sessions import LoginPayload, signed_in
from schema.user_errors import UserError, attempt, payload, user_error


@strawberry.input(description="A code wanted.")
class LoginCodeRequestInput:
    login: str = strawberry.field(description="Phone number or e-mail.")


@strawberry.type(description="Answer.")
class LoginCodeRequestPayload:
    retry_at: datetime | None = column("When another can be asked for.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.input(description="A new password by code.")
class PasswordResetInput:
    login: str = strawberry.field(description="Phone number or e-mail.")
    code: str = strawberry.field(description="The code.")
    password: str = strawberry.field(description="New password. At least 10 characters, and hard to guess.")


@strawberry.input(description="A new password.")
class PasswordChangeInput:
    current_password: str = strawberry.field(description="Current.")
    new_password: str = strawberry.field(description="New. At least 10 characters, and hard to guess.")


@strawberry.type(description="Answer.")
class PasswordChangePayload:
    ended_sessions: int | None = column("Sessions that were ended.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _login_code_request(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[LoginCodeRequestInput, strawberry.argument(description="For which log-in.")],
) -> Sequence[Row]:
    asked = await login_codes.request_code(info.context.visit, input.login)
    refusals = [asked.refusal] if asked.refusal else []
    return [
        {
            "retry_at": asked.retry_at,
            "user_errors": [user_error(refusal, info.context.language) for refusal in refusals],
        }
    ]


async def _password_reset(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[PasswordResetInput, strawberry.argument(description="The code and the password.")],
) -> Sequence[Row]:
    resetting = login_codes.reset_password(info.context.visit, input.login, input.code, input.password)
    return signed_in(info, *await attempt(info, resetting))


async def _password_change(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[PasswordChangeInput, strawberry.argument(description="The current password and the new one.")],
) -> Sequence[Row]:
    context = info.context
    changing = password_changes.change_password(
        context.visit, context.caller, context.session_id, input.current_password, input.new_password
    )
    return await payload(info, "ended_sessions", changing)


@strawberry.type
class PasswordMutation:
    login_code_request: LoginCodeRequestPayload = batched(
        _login_code_request,
        "Send a one-time code. The answer is the same whether the log-in exists or not.",
        PUBLIC,
    )
    password_reset: LoginPayload = batched(_password_reset, "Set a password by a one-time code; also unlocks.", PUBLIC)
    password_change: PasswordChangePayload = batched(
        _password_change, "Change one's password; other sessions end.", PUBLIC
    )
