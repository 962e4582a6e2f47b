"""Companies as commands and messages name them."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, String, bindparam, func, select

from gateway.db import Database
from gateway.models import metadata
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

_FIND = Statement(
    select(func.find_companies(bindparam("inn", type_=String)).table_valued("id", "name", "inn").render_derived())
)

_COMPANIES = metadata.tables["companies"]
_NAME = Statement(select(_COMPANIES.c.name).where(_COMPANIES.c.id == bindparam("company_id", type_=BigInteger)))


@dataclass(frozen=True, slots=True)
class FoundCompany:
    id: int
    name: str
    inn: str


async def find_companies(db: Database, inn: str | None = None) -> list[FoundCompany]:
    """The company with this INN, or all of them, by INN. For commands only: it sees every company."""
    return [FoundCompany(**row) for row in await db.fetch(Tenant(), _FIND, inn=inn)]


async def company_name(run: Run, company_id: int) -> str:
    """The name of a company of the tenant."""
    [row] = await run(_NAME, company_id=company_id)
    return str(row["name"])
