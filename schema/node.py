"""Objects by global id: the interface, and for each type how its rows are read."""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Annotated, Any, TypeAlias

import strawberry

from gateway.execution import PUBLIC, Info, OfType, Row, batched, computed, keyed
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode_any
from gateway.kit.texts import Text
from schema.context import Context

MOST_IDS = 250

TOO_MANY_IDS = Text(
    en="{given:,} ids are too many for one field; ask for at most {most} and repeat the field under another name.",
    ru="{given:,} {given:идентификатор|идентификатора|идентификаторов} — слишком много для одного поля; запрашивайте "
    "не больше {most} и повторите поле под другим именем.",
)

Load: TypeAlias = Callable[[Context, Sequence[int], frozenset[str]], Awaitable[Sequence[Row | None]]]
"""Reads the rows of one type by id, one for each id, with these columns; None where the caller sees none."""


LOADS: dict[Kind, Load] = {}
"""How the rows of each type are read."""


def register(kind: Kind) -> Callable[[Load], Load]:
    """Makes objects of that kind known to `node`, `nodes` and everything else that names objects of any type."""

    def known(load: Load) -> Load:
        LOADS[kind] = load
        return load

    return known


@strawberry.interface(description="Something with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque, stable, unique over all types.")


def global_id(kind: Kind, requires: Enum) -> Any:
    """The field of an object's global id, made of its row's `id`."""
    opening = kind.opening
    return computed(lambda row: f"{opening}{row['id']}", "Global id.", requires, needs=("id",))


async def read_nodes(ids: Sequence[tuple[Kind, int] | None], info: Info[Context]) -> list[OfType | None]:
    """The objects with these ids, with one statement for each type; None where the caller sees none."""
    numbers: dict[Kind, dict[int, None]] = {}
    for id in ids:
        if id is not None:
            numbers.setdefault(id[0], {})[id[1]] = None
    rows: dict[tuple[Kind, int], Row | None] = {}
    for kind in numbers.keys() & LOADS.keys():
        found = await LOADS[kind](info.context, list(numbers[kind]), info.selection.of_type(kind.value).columns)
        rows |= {(kind, number): row for number, row in zip(numbers[kind], found, strict=True)}
    return [OfType(id[0].value, row) if id is not None and (row := rows.get(id)) is not None else None for id in ids]


async def find_node(
    rows: Sequence[None],
    info: Info[Context],
    *,
    id: Annotated[Sequence[strawberry.ID], strawberry.argument(description="Global id of any type.")],
) -> Sequence[OfType | Exception | None]:
    """Any object by its global id; one call for all aliases."""
    return await _answers(id, info, ("id",))


async def find_nodes(
    rows: Sequence[None],
    info: Info[Context],
    *,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids of any types, at most 250.")],
) -> Sequence[list[OfType | Exception | None]]:
    """Objects by their global ids, in that order."""
    if len(ids) > MOST_IDS:
        raise Refusal(ErrorCode.TOO_LARGE, TOO_MANY_IDS(given=len(ids), most=MOST_IDS), ("ids",))
    return [await _answers(ids, info, ("ids",))]


async def _answers(ids: Sequence[str], info: Info[Context], field: tuple[str, ...]) -> list[OfType | Exception | None]:
    """The object, None or the refusal for each id."""
    parsed = [_parsed(id, field) for id in ids]
    found = await read_nodes([None if isinstance(id, Refusal) else id for id in parsed], info)
    return [id if isinstance(id, Refusal) else node for id, node in zip(parsed, found, strict=True)]


def _parsed(id: str, field: tuple[str, ...]) -> tuple[Kind, int] | Refusal:
    try:
        return decode_any(id, field)
    except Refusal as refusal:
        return refusal


@strawberry.type
class NodeQuery:
    node: Node | None = keyed(find_node, "Any object by its global id.", PUBLIC)
    nodes: list[Node | None] = batched(
        find_nodes, "Up to 250 objects by their global ids, in that order.", PUBLIC, size="ids"
    )
