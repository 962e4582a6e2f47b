"""Who is signed in."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column, computed
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Language
from gateway.loaders import access as loader
from gateway.loaders.second_factors import OWN_SECOND_FACTORS
from gateway.services import invitations
from schema.access import Administrator, ApiKey, Grant, Session
from schema.context import Context
from schema.second_factors import SecondFactor


async def load_administrator(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    return [await loader.own_administrator(info.context.read, info.selection.columns)]


async def load_api_key(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    return [await loader.own_api_key(info.context.read, info.selection.columns)]


async def load_grants(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    return [await loader.own_grants(info.context.read, info.selection.columns)]


async def load_sessions(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    return [await loader.OWN_SESSIONS.rows(info.context.read, info.selection.columns)]


async def load_second_factors(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    return [await OWN_SECOND_FACTORS.rows(info.context.read, info.selection.columns)]


async def load_invitations(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    context = info.context
    return [await invitations.of_person(context.db, context.principal)]


@strawberry.type(description="Which alerts about log-ins are sent.")
class LoginAlerts:
    email: bool = column("By e-mail.", PUBLIC, name="alert_email")
    sms: bool = column("By SMS.", PUBLIC, name="alert_sms")


@strawberry.type(description="A company's offer to the caller to join it. What it gives is held once it is accepted.")
class Invitation:
    company_id: strawberry.ID = computed(
        lambda row: encode(Kind.COMPANY, row["company_id"]), "The company's id.", PUBLIC, needs=("company_id",)
    )
    company: str = column("The company's name.", PUBLIC)
    inviter: str = column("Name of who invites.", PUBLIC)
    name: str = column("What they call the caller; it is all that the company knows before it is accepted.", PUBLIC)
    created_at: datetime = column("When.", PUBLIC)


@strawberry.type(description="Who is signed in.")
class Viewer:
    name: str = column("Name.", PUBLIC)
    language: Language = column("Language of messages.", PUBLIC)
    administrator: Administrator | None = batched(load_administrator, "The administrator; null for an API key.", PUBLIC)
    api_key: ApiKey | None = batched(load_api_key, "The API key; null for a person.", PUBLIC)
    grants: list[Grant] = batched(load_grants, "What they hold, and where.", PUBLIC)
    sessions: list[Session] = batched(load_sessions, "Their open sessions.", PUBLIC)
    second_factors: list[SecondFactor] = batched(load_second_factors, "Their second factors.", PUBLIC)
    invitations: list[Invitation] = batched(
        load_invitations, "Invitations that wait for their answer, the oldest first; none for an API key.", PUBLIC
    )
    login_alerts: LoginAlerts | None = batched(
        load_administrator, "Alerts about their log-ins; null for an API key.", PUBLIC
    )


def viewer_row(context: Context) -> Row | None:
    """Whoever is signed in now; None for a stranger."""
    principal = context.principal
    return None if principal is None else {"name": principal.name, "language": context.language}


def load_viewer(rows: Sequence[None], info: Info[Context]) -> Sequence[Row | None]:
    return [viewer_row(info.context)]


@strawberry.type
class ViewerQuery:
    viewer: Viewer | None = batched(load_viewer, "Who is signed in; null for a stranger.", PUBLIC)
