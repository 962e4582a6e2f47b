"""Second factors of the caller: authenticator apps, passkeys, recovery codes, and proving anew who one is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.ids import Kind, decode, encode
from gateway.loaders.second_factors import OWN_SECOND_FACTORS
from gateway.models.credentials import SecondFactorKind
from gateway.services import proofs, second_factors
from schema.context import Context
from schema.inputs import given
from schema.node import Node, global_id, register
from schema.passkey_credentials import credential_of
from schema.scalars import JSON
from schema.user_errors import UserError, UserErrorRow, attempt, payload


@strawberry.type(description="A second factor.")
class SecondFactor(Node):
    id: strawberry.ID = global_id(Kind.SECOND_FACTOR, PUBLIC)
    kind: SecondFactorKind = column("Kind.", PUBLIC)
    name: str = column("Name.", PUBLIC)
    created_at: datetime = column("Added.", PUBLIC)


@register(Kind.SECOND_FACTOR)
async def read_second_factors(context: Context, ids: Sequence[int], columns: frozenset[str]) -> Sequence[Row | None]:
    return await OWN_SECOND_FACTORS.by_id(context.read, ids, columns)


@strawberry.input(description="An authenticator app to add.")
class SecondFactorTotpAddInput:
    name: str = strawberry.field(description="A name to know it by. At most 100 characters.")


@strawberry.type(description="Answer. The app counts from secondFactorTotpConfirm on.")
class SecondFactorTotpAddPayload:
    id: strawberry.ID | None = column("Id for secondFactorTotpConfirm.", PUBLIC)
    secret: str | None = column("The secret to type into the app, in base 32; shown only here.", PUBLIC)
    uri: str | None = column("The same as an otpauth:// address, to be shown as a QR code.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.input(description="The first code of an authenticator app.")
class SecondFactorTotpConfirmInput:
    id: strawberry.ID = strawberry.field(description="From secondFactorTotpAdd.")
    code: str = strawberry.field(description="The code that the app shows.")


@strawberry.type(description="Answer.")
class SecondFactorAddPayload:
    second_factor: SecondFactor | None = column("The second factor, in force from now on.", PUBLIC)
    recovery_codes: list[str] = column(
        "Codes to keep for the day when it is lost, each good for one log-in; only with the first one, and only here.",
        PUBLIC,
    )
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.type(description="Answer.")
class SecondFactorRemovePayload:
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.type(description="Answer.")
class RecoveryCodesRenewPayload:
    recovery_codes: list[str] = column("The new codes, only this once; all older ones are void.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


@strawberry.input(description="A fresh proof of who one is; one of the three.")
class StepUpInput:
    code: str | None = strawberry.field(
        description="Code of the authenticator app, or a recovery code.", default=strawberry.UNSET
    )
    credential: JSON | None = strawberry.field(
        description="PublicKeyCredential.toJSON() of a passkey that was asked for by passkeyLoginBegin.",
        default=strawberry.UNSET,
    )
    password: str | None = strawberry.field(
        description="The password; only for those who have no second factor.", default=strawberry.UNSET
    )


@strawberry.type(description="Answer.")
class StepUpPayload:
    until: datetime | None = column(
        "Until when bulk changes, rights to them, and second factors ask for no other proof.", PUBLIC
    )
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _totp_add(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[SecondFactorTotpAddInput, strawberry.argument(description="Its name.")],
) -> Sequence[Row]:
    context = info.context
    adding = second_factors.add_app(context.visit, context.caller, context.session_id, input.name)
    app, user_errors = await attempt(info, adding)
    return [
        {
            "id": app and encode(Kind.SECOND_FACTOR, app.factor_id),
            "secret": app and app.secret,
            "uri": app and app.uri,
            "user_errors": user_errors,
        }
    ]


async def _totp_confirm(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[SecondFactorTotpConfirmInput, strawberry.argument(description="The app and its code.")],
) -> Sequence[Row]:
    context = info.context

    async def confirm() -> tuple[int, list[str]]:
        factor_id = decode(input.id, Kind.SECOND_FACTOR, ("id",))
        return factor_id, await second_factors.confirm_app(context.visit, context.caller, factor_id, input.code)

    added, user_errors = await attempt(info, confirm())
    return await added_payload(info, added) if added else [nothing_added(user_errors)]


async def added_payload(info: Info[Context], added: tuple[int, list[str]]) -> Sequence[Row]:
    """The answer of whatever adds a second factor: its id, and recovery codes."""
    factor_id, recovery_codes = added
    columns = info.selection.at("secondFactor").columns
    [factor] = await read_second_factors(info.context, [factor_id], columns)
    return [{"second_factor": factor, "recovery_codes": recovery_codes, "user_errors": []}]


def nothing_added(user_errors: list[UserErrorRow]) -> Row:
    return {"second_factor": None, "recovery_codes": [], "user_errors": user_errors}


async def _remove(
    rows: Sequence[None],
    info: Info[Context],
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Which one; one's own only.")],
) -> Sequence[Row]:
    context = info.context

    async def remove() -> None:
        factor_id = decode(id, Kind.SECOND_FACTOR, ("id",))
        await second_factors.remove_factor(context.visit, context.caller, context.session_id, factor_id)

    _, user_errors = await attempt(info, remove())
    return [{"user_errors": user_errors}]


async def _recovery_codes_renew(rows: Sequence[None], info: Info[Context]) -> Sequence[Row]:
    context = info.context
    renewing = second_factors.renew_recovery_codes(context.visit, context.caller, context.session_id)
    codes, user_errors = await attempt(info, renewing)
    return [{"recovery_codes": codes or [], "user_errors": user_errors}]


async def _step_up(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[StepUpInput, strawberry.argument(description="The proof.")],
) -> Sequence[Row]:
    context = info.context

    async def prove() -> datetime:
        credential = given(input.credential)
        return await proofs.step_up(
            context.visit,
            context.caller,
            context.session_id,
            code=given(input.code),
            password=given(input.password),
            credential=None if credential is None else credential_of(credential),
        )

    return await payload(info, "until", prove())


@strawberry.type
class SecondFactorMutation:
    second_factor_totp_add: SecondFactorTotpAddPayload = batched(
        _totp_add, "Add an authenticator app: its secret. Needs a fresh stepUp or log-in.", PUBLIC
    )
    second_factor_totp_confirm: SecondFactorAddPayload = batched(
        _totp_confirm, "Take an authenticator app into use by its first code.", PUBLIC
    )
    second_factor_remove: SecondFactorRemovePayload = batched(
        _remove, "Remove a second factor of one's own. Needs a fresh stepUp or log-in.", PUBLIC
    )
    recovery_codes_renew: RecoveryCodesRenewPayload = batched(
        _recovery_codes_renew, "Make new recovery codes. Needs a fresh stepUp or log-in.", PUBLIC
    )
    step_up: StepUpPayload = batched(
        _step_up, "Prove anew who one is; bulk changes, rights to them, and second factors ask for that.", PUBLIC
    )
