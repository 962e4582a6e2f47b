"""The result of a bulk change as a file: what became of each of its numbers, in the order of phone numbers."""

from collections.abc import AsyncGenerator
from functools import cache

from sqlalchemy import BigInteger, bindparam, select, tuple_

from authz.actions import Action
from authz.principal import Principal
from authz.scope import Shape, scope
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.money import to_decimal
from gateway.kit.phones import e164
from gateway.kit.rows import Row
from gateway.kit.texts import Language, Text
from gateway.loaders.sources import department_of_number
from gateway.models import metadata
from gateway.reports.tables import Cell, Column
from gateway.services.bulk_items import ID, ITEMS_OF_IT
from gateway.services.bulk_transitions import NO_CHANGE
from gateway.services.register_columns import BY_KEY
from gateway.statements import Statement, Tenant

COLUMNS = (
    Column("msisdn", BY_KEY["msisdn"].title, 14),
    Column("number", Text(en="Id", ru="Идентификатор"), 14),
    Column("state", Text(en="State", ru="Состояние"), 12),
    Column("oneOff", Text(en="One-off, ₽", ru="Разово, ₽"), 12),
    Column("monthly", Text(en="Monthly, ₽", ru="В месяц, ₽"), 12),
    Column("code", Text(en="Error", ru="Ошибка"), 18),
    Column("message", Text(en="Why not", ru="Почему нет"), 60),
    Column("hint", Text(en="What to do", ru="Что делать"), 60),
)
"""The first one is recognised in an uploaded list: what has failed can be sent back as the target of a new change."""

_CHANGES, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_DEPARTMENT = department_of_number(_ITEMS)
_AT_ONCE = 1_000


async def find_result(db: Database, principal: Principal, change_id: int) -> Row:
    """`company_id` and `item_count` of a bulk change that the caller sees. Raises `Refusal` NOT_FOUND."""
    seen = scope(principal, Action.BULK_CHANGE_READ)
    found = await db.fetch(Tenant(principal.companies), _find(seen.shape), change_id=change_id, **seen.params)
    if not found:
        raise Refusal(ErrorCode.NOT_FOUND, NO_CHANGE(), ("id",))
    return found[0]


async def read_result(
    db: Database, principal: Principal, company_id: int, change_id: int, language: Language
) -> AsyncGenerator[list[list[Cell]], None]:
    """The rows of `COLUMNS` for the numbers that the caller sees, a page at a time, each read as it is by then."""
    held = scope(principal, Action.NUMBER_READ)
    place = {"company_id": company_id, "change_id": change_id, "most": _AT_ONCE, **held.params}
    after: dict[str, object] = {"after_msisdn": "", "after_id": 0}
    while page := await db.fetch(Tenant((company_id,)), _page(held.shape), **place, **after):
        yield [_cells(item, language) for item in page]
        after = {"after_msisdn": page[-1]["msisdn"], "after_id": page[-1]["number_id"]}


def _cells(item: Row, language: Language) -> list[Cell]:
    error = item["error"] or {}
    message, hint = error.get("message"), error.get("hint")
    return [
        *(e164(item["msisdn"]), encode(Kind.NUMBER, item["number_id"]), item["state"]),
        *(to_decimal(item["one_off_kopecks"]), to_decimal(item["monthly_kopecks"])),
        *(error.get("code"), message and message[language.value], hint and hint[language.value]),
    ]


@cache
def _find(shape: Shape) -> Statement:
    seen = shape.where(_CHANGES.c.company_id, _CHANGES.c.department_id)
    return Statement(select(_CHANGES.c.company_id, _CHANGES.c.item_count).where(_CHANGES.c.id == ID, seen))


@cache
def _page(shape: Shape) -> Statement:
    place = tuple_(_ITEMS.c.msisdn, _ITEMS.c.number_id)
    after = tuple_(bindparam("after_msisdn", type_=_ITEMS.c.msisdn.type), bindparam("after_id", type_=BigInteger))
    names = ("msisdn", "number_id", "state", "one_off_kopecks", "monthly_kopecks", "error")
    return Statement(
        select(*(_ITEMS.c[name] for name in names))
        .where(ITEMS_OF_IT, place > after, shape.where(_ITEMS.c.company_id, _DEPARTMENT).is_(True))
        .order_by(_ITEMS.c.msisdn, _ITEMS.c.number_id)
        .limit(bindparam("most", type_=BigInteger))
    )
