"""Rows of companies that must not see each other, in every table there is, also in tables that come later."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import orjson
from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import AutoString

from gateway.demo.companies import inn
from gateway.models import catalogue as catalogue_models
from gateway.models import metadata
from tests.services.fleet import insert_catalogue
from tests.unit.operations.catalogues import BASIC, BUSINESS, BUSINESS_ONLY, PLAIN, catalogue

CATALOGUE = {table.__tablename__ for table in vars(catalogue_models).values() if hasattr(table, "__tablename__")}
"""Tables that belong to nobody: everybody may see them."""
TARIFF, OPTION = BUSINESS, BUSINESS_ONLY
"""What every number has. The option is lost with the tariff."""
OTHER_TARIFF, OTHER_OPTION = BASIC, PLAIN
"""What every number may change to and connect."""


@dataclass(frozen=True)
class Patch:
    """One row of a company in each table. All their ids are `id`; what they hold tells whose it is.

    References that no foreign key holds within the company, such as the subject of a line of the journal, name the rows
    of the patch `lured_by` instead. The department stands below the one of the patch `below`.
    """

    id: int
    company_id: int
    lured_by: int | None = None
    below: int | None = None
    parent_company: int | None = None

    @property
    def word(self) -> str:
        """What all its texts begin with."""
        return f"patch{self.id}"

    def text(self, column: "Column[Any]") -> str:
        return f"{self.word} {column.table.name}.{column.name}"

    @property
    def moment(self) -> datetime:
        return datetime(2030 + self.id, 3, 4, 5, 6, 7, tzinfo=UTC)

    @property
    def day(self) -> date:
        return date(1930 + self.id, 8, 9)

    @property
    def amount(self) -> int:
        return self.id * 1_010_101

    @property
    def msisdn(self) -> str:
        return f"7999{self.id * 1_111_111}"

    @property
    def iccid(self) -> str:
        return f"89701{str(self.id) * 14}"

    @property
    def inn(self) -> str:
        return inn(f"7798{self.id:05}")

    def message(self) -> str:
        """A message as rows keep it."""
        return orjson.dumps({"en": f"{self.word} x.text"}).decode()

    def refusal(self, **more: int) -> str:
        """A refusal as rows keep it."""
        kept = {"code": "INVALID", "field": [f"{self.word} x.field"], "message": {"en": f"{self.word} x.text"}}
        return orjson.dumps(kept | {"hint": None} | more).decode()

    @property
    def traces(self) -> "re.Pattern[str]":
        """What of it must not be found in an answer; what a request may say itself is not among it."""
        roubles = f"{self.amount // 100}.{self.amount % 100:02}"
        written = (str(self.moment.date()), str(self.day), str(self.amount), roubles)
        return re.compile("|".join([rf"{self.word} \w+\.\w+", *map(re.escape, written)]))

    @property
    def numerals(self) -> tuple[str, ...]:
        """What identifies it in a request; in an answer only as the request said it."""
        return self.msisdn, self.iccid, self.inn


OWN = Patch(1, company_id=1, parent_company=3)
"""The company of the callers, whose holding is said to be the foreign one; its department is the manager's."""
INSIDE = Patch(2, company_id=1)
"""The same company, another department."""
FOREIGN = Patch(3, company_id=3, parent_company=3)
LURED = Patch(4, company_id=1, lured_by=3, below=1)
"""The callers' own, with references to the foreign patch wherever the database lets them be."""
SUBSIDIARY = Patch(5, company_id=5, parent_company=1)
"""A company of the callers' holding, where they hold nothing."""
LURED_INSIDE = Patch(6, company_id=1, lured_by=2, below=1)

INVITED = {OWN.company_id: SUBSIDIARY.id, FOREIGN.company_id: OWN.id, SUBSIDIARY.company_id: FOREIGN.id}
"""Whom each company has invited."""
PATCHES = (OWN, INSIDE, FOREIGN, LURED, SUBSIDIARY, LURED_INSIDE)


async def arrange(connection: asyncpg.Connection, patches: Sequence[Patch]) -> None:
    """Fills the empty tables with the catalogue and these patches, also where a company names one that is not there."""
    await connection.execute("SET session_replication_role = replica")  # no foreign keys, no triggers
    await insert_catalogue(connection, catalogue())
    await connection.execute("INSERT INTO tariff_packages (tariff_id, unit, amount) VALUES ($1, 'SMS', 100)", TARIFF)
    for table in metadata.sorted_tables:
        if table.name not in CATALOGUE:
            rows = list(_rows(table, patches))
            await connection.copy_records_to_table(
                table.name, columns=list(rows[0]), records=[tuple(row.values()) for row in rows]
            )
    await connection.execute("SET session_replication_role = origin")
    await connection.execute("SELECT setval(oid::regclass, 1000) FROM pg_class WHERE relkind = 'S'")


def _rows(table: Table, patches: Sequence[Patch]) -> Iterator[dict[str, Any]]:
    columns = [column for column in table.columns if column.computed is None]
    keys: set[object] = set()
    for patch in patches:
        row = {column.name: _value(column, patch) for column in columns}
        row |= EXACTLY.get(table.name, lambda _: {})(patch)
        key = tuple(row[column.name] for column in table.primary_key)
        if key not in keys:  # a company has one card, and some tables one row for each company
            keys.add(key)
            yield row


def _value(column: "Column[Any]", patch: Patch) -> object:
    table = column.table
    if column.name == "company_id" or (table.name == "companies" and column.name == "id"):
        return patch.company_id
    if table.name == "companies" and column.name == "parent_id":
        return patch.parent_company
    if (chosen := _first_of_enumeration(column)) is not None:
        return chosen
    match column.type:
        case Integer():
            return _number(column, patch)
        case Float():
            return float(patch.amount)
        case String() | AutoString():
            return patch.text(column)
        case ARRAY(item_type=Integer()):
            return [patch.id]
        case ARRAY():
            return [patch.text(column)]
        case JSONB():
            return f'{{"canary": "{patch.text(column)}"}}'
        case LargeBinary():
            return patch.text(column).encode()
        case DateTime():
            return None if column.name == "revoked_at" else patch.moment
        case Date():
            return patch.day
        case Boolean():
            return False
    raise TypeError(f"say what a {column.type} holds, for {table.name}.{column.name}")


def _number(column: "Column[Any]", patch: Patch) -> int:
    """Its id, the id of what it refers to, or an amount."""
    targets = {key.column.table.name for key in column.foreign_keys}
    if targets & CATALOGUE:
        return TARIFF if "tariffs" in targets else OPTION
    if column.name == "id":
        return patch.id
    if column.name.endswith("_id"):
        references = (each for each in column.table.constraints if isinstance(each, ForeignKeyConstraint))
        held = any(column.name in each.columns for each in references)
        return patch.id if held or patch.lured_by is None else patch.lured_by
    return patch.amount


def _first_of_enumeration(column: "Column[Any]") -> str | None:
    """The first value that a check allows the column."""
    for check in column.table.constraints:
        if isinstance(check, CheckConstraint):
            allowed = re.fullmatch(r"(\w+) IN \('(\w+)'.*\)", str(check.sqltext))
            if allowed and allowed[1] == column.name:
                return allowed[2]
    return None


EXACTLY: dict[str, Any] = {
    "administrators": lambda patch: {"language": "EN"},
    "bulk_changes": lambda patch: {
        "operations": "[]",
        "refused": f"[{patch.refusal(count=1)}]",
        "warnings": f"[{patch.message()}]",
        "irreversible": f"[{patch.message()}]",
        "failure": patch.refusal(),
        "approval_reason": patch.message(),
        "retry_of": patch.lured_by or patch.id,
        "undo_of": patch.lured_by or patch.id,
        **dict.fromkeys(("refused_count", "skipped_count", "applied_count"), 0),  # whose sums would be others' amounts
    },
    "bulk_items": lambda patch: {"error": patch.refusal(), "operations": "[]", "inverse": "[]"},
    "companies": lambda patch: {"inn": patch.inn, "time_zone": "Europe/Moscow"},
    "departments": lambda patch: {"ancestor_ids": [*filter(None, (patch.below, patch.id))]},
    "grants": lambda patch: {"api_key_id": None, "role": None},
    # Each administrator is asked into another company than their own: an invitation suspends what they hold there.
    "invitations": lambda patch: {"administrator_id": INVITED[patch.company_id]},
    "journal_entries": lambda patch: {
        "subject": f"num_{patch.lured_by or patch.id}",
        "details": f'{{"canary": "{patch.word} x.details", "cause": "jrn_{patch.lured_by or patch.id}"}}',
    },
    "number_changes": lambda patch: {"error": patch.refusal()},
    "numbers": lambda patch: {"msisdn": patch.msisdn, "iccid": patch.iccid},
    "uploads": lambda patch: {
        "actor_id": patch.id,
        "content": f"msisdn;label\n{patch.word} uploads.content;x\n".encode(),
    },
}
"""Values that the rules of a table ask for."""
