"""Companies as commands name them."""

from dataclasses import dataclass

from sqlalchemy import String, bindparam, func, select

from gateway.db import Database
from gateway.statements import Statement, Tenant

_FIND = Statement(
    select(func.find_companies(bindparam("inn", type_=String)).table_valued("id", "name", "inn").render_derived())
)


@dataclass(frozen=True, slots=True)
class FoundCompany:
    id: int
    name: str
    inn: str


async def find_companies(db: Database, inn: str | None = None) -> list[FoundCompany]:
    """The company with this INN, or all of them, by INN. For commands only: it sees every company."""
    return [FoundCompany(**row) for row in await db.fetch(Tenant(), _FIND, inn=inn)]
