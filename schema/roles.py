"""Roles that a company makes for itself: saving one, and what that would change."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.ids import Kind, decode
from gateway.loaders.access import ADMINISTRATORS, API_KEYS
from gateway.services import roles
from gateway.services.roles import Draft
from schema.access import Administrator, ApiKey, Role
from schema.context import Context
from schema.inputs import number, values
from schema.user_errors import UserError, payload, user_error


@strawberry.input(description="A role as it would be saved.")
class RoleSaveInput:
    company_id: strawberry.ID = strawberry.field(description="Company.")
    name: str = strawberry.field(description="Name. At most 100 characters.")
    allows: list[str] = strawberry.field(description="Allowed actions. At most 1,000.")
    role_id: strawberry.ID | None = strawberry.field(
        description="Role to change; null for a new one.", default=strawberry.UNSET
    )
    denies: list[str] = strawberry.field(description="Denied actions. At most 1,000.", default_factory=list)

    def draft(self) -> Draft:
        """What it asks for. Raises `Refusal`."""
        return Draft(
            decode(self.company_id, Kind.COMPANY, ("companyId",)),
            number(self.role_id, Kind.ROLE, "roleId"),
            self.name,
            values(self.allows, "allows") or (),
            values(self.denies, "denies") or (),
        )


Input = Annotated[RoleSaveInput, strawberry.argument(description="The role.")]


@strawberry.type(description="Effect on one administrator.")
class RoleEffect:
    administrator: Administrator = column("Who.", PUBLIC)
    actions: list[str] = column("Which actions.", PUBLIC)


@strawberry.type(description="Effect of saving a role.")
class RolePreview:
    gains: list[RoleEffect] = column("Who gains what.", PUBLIC)
    loses: list[RoleEffect] = column("Who loses what.", PUBLIC)
    api_keys: list[ApiKey] = column("API keys that hold the role too.", PUBLIC)
    user_errors: list[UserError] = column("Why it could not be saved.", PUBLIC)


@strawberry.type(description="Answer.")
class RoleSavePayload:
    role: Role | None = column("The role.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _preview(rows: Sequence[None], info: Info[Context], *, input: Input) -> Sequence[Row]:
    context, selection = info.context, info.selection
    preview = await roles.preview(context.db, context.caller, input.draft())

    async def effects(actions: Mapping[int, Sequence[Action]], field: str) -> list[Row]:
        columns = selection.at(field, "administrator").columns
        administrators = await context.read.rows(ADMINISTRATORS, [*actions], columns)
        return [
            {"administrator": row, "actions": [action.value for action in held]}
            for row, held in zip(administrators, actions.values(), strict=True)
            if row is not None
        ]

    keys = await context.read.rows(API_KEYS, preview.api_keys, selection.at("apiKeys").columns)
    return [
        {
            "gains": await effects(preview.gains, "gains"),
            "loses": await effects(preview.loses, "loses"),
            "api_keys": [row for row in keys if row is not None],
            "user_errors": [user_error(refusal, context.language) for refusal in preview.refusals],
        }
    ]


async def _save(rows: Sequence[None], info: Info[Context], *, input: Input) -> Sequence[Row]:
    context = info.context

    async def act() -> Row:
        return await roles.save(
            context.db, context.caller, input.draft(), session_id=context.session_id, origin=context.author
        )

    return await payload(info, "role", act())


@strawberry.type
class RoleQuery:
    role_preview: RolePreview = batched(
        _preview, "Who would gain and who would lose what, if a role were saved so.", Action.ROLE_SAVE
    )


@strawberry.type
class RoleMutation:
    role_save: RoleSavePayload = batched(_save, "Make a role or change one.", Action.ROLE_SAVE)
