"""Who is signed in."""

from collections.abc import Sequence

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.texts import Language
from gateway.loaders import access as loader
from gateway.loaders.second_factors import OWN_SECOND_FACTORS
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


@strawberry.type(description="Which alerts about log-ins are sent.")
class LoginAlerts:
    email: bool = column("By e-mail.", PUBLIC, name="alert_email")
    sms: bool = column("By SMS.", PUBLIC, name="alert_sms")


@strawberry.type(description="Who is signed in.")
class Viewer:
    name: str = column("Name.", PUBLIC)
    language: Language = column("Language of messages.", PUBLIC)
    administrator: Administrator | None = batched(load_administrator, "The administrator; null for an API key.", PUBLIC)
    api_key: ApiKey | None = batched(load_api_key, "The API key; null for a person.", PUBLIC)
    grants: list[Grant] = batched(load_grants, "What they hold, and where.", PUBLIC)
    sessions: list[Session] = batched(load_sessions, "Their open sessions.", PUBLIC)
    second_factors: list[SecondFactor] = batched(load_second_factors, "Their second factors.", PUBLIC)
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
