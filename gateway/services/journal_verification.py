"""Verifies a company's journal from its first line to its head: each as it was written, none missing, none moved."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import BigInteger, bindparam, func, select

from gateway.db import Database
from gateway.models import metadata
from gateway.services.journal import BEGINNING, COLUMNS, entry_hash
from gateway.statements import Statement, Tenant

_PAGE = 2_000
_MOST_FAULTS = 100

_ENTRIES, _HEADS = metadata.tables["journal_entries"], metadata.tables["journal_heads"]
_OF_COMPANY = bindparam("company_id", type_=BigInteger)
_HEAD = Statement(
    select(
        select(_HEADS.c.entry_id).where(_HEADS.c.company_id == _OF_COMPANY).scalar_subquery().label("entry_id"),
        select(_HEADS.c.hash).where(_HEADS.c.company_id == _OF_COMPANY).scalar_subquery().label("hash"),
        select(func.max(_ENTRIES.c.id)).where(_ENTRIES.c.company_id == _OF_COMPANY).scalar_subquery().label("last_id"),
    )
)
_LINES = Statement(
    select(*(_ENTRIES.c[name] for name in (*COLUMNS, "previous_hash", "hash")))
    .where(
        _ENTRIES.c.company_id == _OF_COMPANY,
        _ENTRIES.c.id > bindparam("after", type_=BigInteger),
        _ENTRIES.c.id <= bindparam("last", type_=BigInteger),
    )
    .order_by(_ENTRIES.c.id)
    .limit(_PAGE)
)


class FaultKind(StrEnum):
    """What is wrong with a journal, in words after the id of a line."""

    ALTERED = "says something else than when it was written"
    OUT_OF_PLACE = "does not follow the line before it: lines are missing there, or have changed places"
    CUT_OFF = "was the last line: it, and maybe more before it, is missing at the end"
    FORGED = "stands after the last line that the journal knows of"


class Fault(NamedTuple):
    kind: FaultKind
    entry_id: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: lines read, the hash at the end of the chain, and faults; at a hundred the search ends.

    Whoever can write everything could write a whole new chain. The hash of the end, kept elsewhere, shows that too.
    """

    lines: int
    end: bytes
    faults: tuple[Fault, ...]


async def verify(
    db: Database, company_id: int, *, progress: Callable[[int], None] = lambda lines: None
) -> Verification:
    """Reads the journal as it is when called, a page at a time; lines appended meanwhile are not looked at.

    `progress` hears how many lines have been verified.
    """
    tenant = Tenant((company_id,))
    head = (await db.fetch(tenant, _HEAD, company_id=company_id))[0]
    last_id, known_id = head["last_id"] or 0, head["entry_id"] or 0
    lines, after, end = 0, 0, BEGINNING
    faults: list[Fault] = []
    while len(faults) < _MOST_FAULTS and (
        page := await db.fetch(tenant, _LINES, company_id=company_id, after=after, last=last_id)
    ):
        for line in page:
            if entry_hash(line["previous_hash"], line) != line["hash"]:
                faults.append(Fault(FaultKind.ALTERED, line["id"]))
            elif line["id"] > known_id:
                faults.append(Fault(FaultKind.FORGED, line["id"]))
            elif line["previous_hash"] != end:
                faults.append(Fault(FaultKind.OUT_OF_PLACE, line["id"]))
            end = line["hash"]
        lines, after = lines + len(page), page[-1]["id"]
        progress(lines)
    if after == last_id <= known_id and end != (head["hash"] or BEGINNING):
        kind = FaultKind.CUT_OFF if last_id < known_id else FaultKind.ALTERED
        faults += {Fault(kind, known_id)} - set(faults)
    return Verification(lines, end, tuple(faults[:_MOST_FAULTS]))
