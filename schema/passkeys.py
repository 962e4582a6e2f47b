"""Passkeys: added, and used to sign in."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.services import passkeys
from gateway.services.sessions import SignedIn
from schema.context import Context
from schema.inputs import given
from schema.passkey_credentials import credential_of
from schema.scalars import JSON
from schema.second_factors import SecondFactorAddPayload, added_payload, nothing_added
from schema.sessions import LoginPayload, signed_in
from schema.user_errors import UserError, attempt, payload


@strawberry.type(description="Answer.")
class PasskeyAddBeginPayload:
    options: JSON | None = column(
        "For PublicKeyCredential.parseCreationOptionsFromJSON() and navigator.credentials.create(); 5 minutes.",
        PUBLIC,
    )
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.input(description="A passkey that a browser has made.")
class PasskeyAddInput:
    name: str = strawberry.field(description="A name to know it by. At most 100 characters.")
    credential: JSON = strawberry.field(description="PublicKeyCredential.toJSON().")


@strawberry.type(description="Answer.")
class PasskeyLoginBeginPayload:
    options: JSON | None = column(
        "For PublicKeyCredential.parseRequestOptionsFromJSON() and navigator.credentials.get(); 5 minutes.",
        PUBLIC,
    )
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.input(description="Signing in by a passkey.")
class PasskeyLoginInput:
    credential: JSON = strawberry.field(description="PublicKeyCredential.toJSON().")
    remember: bool | None = strawberry.field(description="Stay signed in.", default=False)


async def _add_begin(rows: Sequence[None], info: Info[Context]) -> Sequence[Row]:
    context = info.context
    beginning = passkeys.begin_registration(context.visit, context.caller, context.session_id)
    return await payload(info, "options", beginning)


async def _add(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[PasskeyAddInput, strawberry.argument(description="The passkey and its name.")],
) -> Sequence[Row]:
    context = info.context

    async def add() -> tuple[int, list[str]]:
        credential = credential_of(input.credential)
        return await passkeys.register(context.visit, context.caller, context.session_id, input.name, credential)

    added, user_errors = await attempt(info, add())
    return await added_payload(info, added) if added else [nothing_added(user_errors)]


async def _login_begin(rows: Sequence[None], info: Info[Context]) -> Sequence[Row]:
    return await payload(info, "options", passkeys.begin_proof(info.context.visit))


async def _login(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[PasskeyLoginInput, strawberry.argument(description="The passkey's answer.")],
) -> Sequence[Row]:
    async def sign_in() -> SignedIn:
        credential = credential_of(input.credential)
        return await passkeys.sign_in_by_passkey(info.context.visit, credential, remember=bool(given(input.remember)))

    return signed_in(info, *await attempt(info, sign_in()))


@strawberry.type
class PasskeyMutation:
    passkey_login_begin: PasskeyLoginBeginPayload = batched(
        _login_begin, "Begin to use a passkey, for passkeyLogin or stepUp.", PUBLIC
    )
    passkey_login: LoginPayload = batched(
        _login, "Sign in by a passkey, without a password; sets the session cookie.", PUBLIC
    )
    passkey_add_begin: PasskeyAddBeginPayload = batched(
        _add_begin, "Begin to add a passkey. Needs a fresh stepUp or log-in.", PUBLIC
    )
    passkey_add: SecondFactorAddPayload = batched(
        _add, "Add a passkey of one's own. Needs a fresh stepUp or log-in.", PUBLIC
    )
