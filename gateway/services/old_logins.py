"""Log-ins of the old portal: taken over with their password hashes, and whatever collides is told, never merged."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import ARRAY, BigInteger, String, any_, bindparam, insert, select

from authz.roles import BuiltInRole
from gateway.db import Database, run
from gateway.kit.emails import parse_email
from gateway.kit.errors import InvalidValue
from gateway.kit.ids import Kind, encode
from gateway.kit.phones import parse_msisdn
from gateway.kit.texts import Language, Message, Text
from gateway.models import metadata
from gateway.models.companies import CompanyStatus
from gateway.models.journal import ActorKind, Channel
from gateway.services import administrators
from gateway.services.companies import find_companies
from gateway.services.journal import NewEntry, Origin, append
from gateway.services.legacy_passwords import HIGHEST_COST, is_legacy
from gateway.services.own_journal import OwnAction
from gateway.services.passwords import set_password
from gateway.sheets.reader import open_sheet
from gateway.statements import Statement, Tenant

COLUMNS = ("email", "phone", "name", "inn", "role", "hash")

NO_COLUMNS = Text(
    en="The first row must name the columns {columns}; missing: {missing}.",
    ru="В первой строке должны быть столбцы {columns}; не хватает: {missing}.",
)
NO_LOGIN = Text(en="Neither an e-mail nor a phone number.", ru="Нет ни e-mail, ни номера телефона.")
NO_NAME = Text(en="No name.", ru="Нет имени.")
BAD_HASH = Text(
    en="The hash is neither bcrypt of a cost up to {cost} nor salted SHA-1.",
    ru="Хеш — не bcrypt со стоимостью до {cost} и не SHA-1 с солью.",
)
BAD_ROLE = Text(en="There is no built-in role “{role}”.", ru="Встроенной роли «{role}» нет.")
NO_COMPANY = Text(en="There is no company with the INN {inn}.", ru="Компании с ИНН {inn} нет.")
CLOSED = Text(en="The contract of the company has ended.", ru="Договор компании расторгнут.")
TWICE = Text(
    en="{login} stands in rows {rows}: none of them was taken over.",
    ru="{login} — в строках {rows}: ни одна не перенесена.",
)
TAKEN = Text(en="{login} is the log-in of an administrator already.", ru="{login} — уже логин администратора.")

_COMPANIES, _GRANTS = metadata.tables["companies"], metadata.tables["grants"]
_STATUSES = Statement(
    select(_COMPANIES.c.id, _COMPANIES.c.status).where(
        _COMPANIES.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    )
)
_GRANT = Statement(
    insert(_GRANTS).values(
        company_id=bindparam("its_company", type_=BigInteger),
        administrator_id=bindparam("its_id", type_=BigInteger),
        role=bindparam("its_role", type_=String),
    )
)
_ORIGIN = Origin(ActorKind.SYSTEM, None, "gateway import-logins", Channel.OFFICE, None)


@dataclass(frozen=True, slots=True)
class OldLogin:
    """A row of the file: a log-in of the old portal."""

    row: int
    email: str | None
    phone: str | None
    name: str
    inn: str
    role: str
    password_hash: str = field(repr=False)

    @property
    def logins(self) -> tuple[str, ...]:
        return tuple(login for login in (self.email, self.phone) if login)


@dataclass(frozen=True, slots=True)
class Left:
    """A row that was not taken over, and why."""

    row: int
    reason: Message


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How many log-ins were taken over, and which rows were not, in their order."""

    count: int
    left: tuple[Left, ...]


async def take_over_logins(db: Database, file: Path, *, dry_run: bool) -> TakenOver:
    """Takes over the log-ins in a CSV or XLSX file, in one transaction, but for rows that something is wrong with.

    Its columns are `COLUMNS`. An e-mail or phone number that stands in several rows, or belongs to an administrator
    already, is nobody's to decide: all rows with it are left. Raises `SheetError` or `InvalidValue` for the file.
    """
    rows, left = await _read(file)
    companies = await _companies(db)
    at: defaultdict[str, list[int]] = defaultdict(list)
    for each in rows:
        for login in each.logins:
            at[login].append(each.row)
    wanted: list[OldLogin] = []
    for each in rows:
        reason = _fault(each, companies) or _collision(each, at)
        if reason is None:
            wanted.append(each)
        else:
            left.append(Left(each.row, reason))
    taken = 0
    if wanted:
        ids = {inn: company_id for inn, (company_id, _) in companies.items()}
        taken = await _apply(db, wanted, ids, left, dry_run=dry_run)
    return TakenOver(taken, tuple(sorted(left, key=lambda each: each.row)))


async def _read(file: Path) -> tuple[list[OldLogin], list[Left]]:
    rows: list[OldLogin] = []
    left: list[Left] = []
    places: dict[str, int] = {}
    async with open_sheet(file) as sheet:
        async for number, cells in sheet:
            if not places:
                places = {name.lower(): place for place, name in enumerate(cells)}
                if missing := [name for name in COLUMNS if name not in places]:
                    raise InvalidValue(NO_COLUMNS(columns=", ".join(COLUMNS), missing=", ".join(missing)))
                continue
            values = {name: cells[places[name]] if places[name] < len(cells) else "" for name in COLUMNS}
            try:
                email = parse_email(values["email"]) if values["email"] else None
                phone = parse_msisdn(values["phone"]) if values["phone"] else None
            except InvalidValue as error:
                left.append(Left(number, error.message))
                continue
            rows.append(
                OldLogin(number, email, phone, values["name"], values["inn"], values["role"].lower(), values["hash"])
            )
    return rows, left


async def _companies(db: Database) -> Mapping[str, tuple[int, str]]:
    """Id and status of each company by its INN."""
    found = await find_companies(db, None)
    ids = [company.id for company in found]
    statuses = {row["id"]: row["status"] for row in await db.fetch(Tenant(tuple(ids)), _STATUSES, ids=ids)}
    return {company.inn: (company.id, statuses[company.id]) for company in found}


def _fault(each: OldLogin, companies: Mapping[str, tuple[int, str]]) -> Message | None:
    if not each.logins:
        return NO_LOGIN()
    if not each.name:
        return NO_NAME()
    if not is_legacy(each.password_hash):
        return BAD_HASH(cost=HIGHEST_COST)
    if each.role not in [role.value for role in BuiltInRole]:
        return BAD_ROLE(role=each.role)
    if each.inn not in companies:
        return NO_COMPANY(inn=each.inn)
    return CLOSED() if companies[each.inn][1] == CompanyStatus.CLOSED else None


def _collision(each: OldLogin, at: Mapping[str, list[int]]) -> Message | None:
    for login in each.logins:
        if len(at[login]) > 1:
            return TWICE(login=login, rows=", ".join(map(str, at[login])))
    return None


async def _apply(
    db: Database, wanted: list[OldLogin], companies: Mapping[str, int], left: list[Left], *, dry_run: bool
) -> int:
    entries: defaultdict[int, list[NewEntry]] = defaultdict(list)
    async with db.transaction(Tenant(tuple(sorted({companies[each.inn] for each in wanted})))) as session:
        within = partial(run, session)
        for each in wanted:
            administrator_id = await administrators.add(
                within, each.name, email=each.email, phone=each.phone, language=Language.RU
            )
            if administrator_id is None:
                left.append(Left(each.row, TAKEN(login=" / ".join(each.logins))))
                continue
            company_id = companies[each.inn]
            await set_password(within, administrator_id, each.password_hash)
            await within(_GRANT, its_company=company_id, its_id=administrator_id, its_role=each.role)
            entries[company_id].append(
                NewEntry(
                    action=OwnAction.IMPORT.value,
                    subject=encode(Kind.ADMINISTRATOR, administrator_id),
                    after={"email": each.email, "phone": each.phone, "role": each.role},
                    details={"names": {"name": each.name}},
                )
            )
        for company_id in sorted(entries):
            await append(within, company_id, _ORIGIN, datetime.now(UTC), entries[company_id])
        if dry_run:
            await session.rollback()
    return sum(map(len, entries.values()))
