"""Inviting people into the first company, and what is shown of them."""

from dataclasses import replace
from typing import Any

from authz.roles import BuiltInRole
from gateway.db import Database
from gateway.kit.texts import Language
from gateway.loaders.access import ADMINISTRATORS
from gateway.loaders.reading import Read
from gateway.services import grants
from gateway.services.post import Post
from tests.services.fleet import COMPANY
from tests.services.holders import ROLES, origin, person
from tests.services.people import Browser
from tests.unit.operations.catalogues import catalogue


async def invite(database: Database, by: int, role: int = ROLES[BuiltInRole.AUDITOR], **options: Any) -> dict[str, Any]:
    """What `grants.invite` answers them, who have just proved who they are, where only what differs is said."""
    giver = await person(database, by)
    given: dict[str, Any] = {
        "company_id": COMPANY,
        "name": "Vera",
        "department_id": None,
        "email": None,
        "phone": None,
    } | options
    company_id, name, department_id = (given.pop(each) for each in ("company_id", "name", "department_id"))
    rest: dict[str, Any] = {"language": Language.EN, "session_id": by} | given
    visit = replace(Browser(database).visit, post=rest.pop("post", Post()))
    return await grants.invite(visit, giver, company_id, name, role, department_id, origin=origin(giver), **rest)


async def shown(database: Database, by: int, administrator_id: int) -> Any:
    """The row of an administrator as somebody else sees it."""
    read = Read(await person(database, by), database, catalogue())
    columns = frozenset({"id", "name", "email", "phone", "last_login_at", "locked_until"})
    return (await read.rows(ADMINISTRATORS, [administrator_id], columns))[0]
