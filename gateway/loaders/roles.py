"""Roles: the built-in ones, which stand in no table, and those that companies made for themselves."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import literal_column

from authz.actions import Action
from authz.enforcer import BUILT_IN, Effect
from authz.roles import BuiltInRole
from gateway.kit.rows import Row, Shared
from gateway.kit.texts import Language
from gateway.loaders.reading import Read
from gateway.loaders.sources import Reach, Source, columns_of
from gateway.models import metadata
from gateway.models.access import built_in_role, built_in_role_id

_TABLE = metadata.tables["roles"]
_COLUMNS = columns_of(_TABLE, built_in=literal_column("false"))
ROLES = Source(Action.ROLE_READ, _COLUMNS, company=_TABLE.c.company_id, reach=Reach.WHOLE)
_HELD = Source(None, _COLUMNS, company=_TABLE.c.company_id)
"""For the role of a grant that the caller was shown."""

_BY_NAME = {role.value: role for role in BuiltInRole}


@cache
def built_in_row(role: BuiltInRole, language: Language) -> Shared:
    """A built-in role as a row like those of the table, its name in that language."""
    allows, denies = BUILT_IN.actions(role, Effect.ALLOW), BUILT_IN.actions(role, Effect.DENY)
    name = role.label.render(language)
    return Shared(id=built_in_role_id(role), name=name, built_in=True, allows=[*allows], denies=[*denies])


async def roles_of_companies(
    read: Read, company_ids: Sequence[int], columns: frozenset[str], language: Language
) -> list[list[Row]]:
    """The built-in roles, then each company's own by name."""
    own = await read.groups(ROLES, company_ids, columns, "company_id", ("name",))
    return [[*(built_in_row(role, language) for role in BuiltInRole), *rows] for rows in own]


async def roles_of_grants(
    read: Read, grants: Sequence[Row], columns: frozenset[str], language: Language
) -> list[Row | None]:
    """The role of each grant, a row of `role` and `role_id`."""
    own = await read.rows(_HELD, [grant["role_id"] for grant in grants], columns)
    return [
        row if grant["role"] is None else built_in_row(_BY_NAME[grant["role"]], language)
        for grant, row in zip(grants, own, strict=True)
    ]


async def roles_by_id(
    read: Read, numbers: Sequence[int], columns: frozenset[str], language: Language
) -> list[Row | None]:
    """Roles by the number in their global ids."""
    kept = [built_in_role(number) for number in numbers]
    own = await read.rows(ROLES, [None if role else n for n, role in zip(numbers, kept, strict=True)], columns)
    return [built_in_row(role, language) if role else row for role, row in zip(kept, own, strict=True)]
