"""The tables of what is set on numbers, between rows and the attributes of a state."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, select

from gateway.models import metadata
from gateway.models.numbers import LimitRule
from gateway.operations.state import Banned, Connected, Forwarded, Limited, NumberState
from gateway.services.batches import Batch
from gateway.services.running import Run
from gateway.statements import Statement

Entries: TypeAlias = Mapping[tuple[Any, ...], tuple[Any, ...]]
"""The rows of one number: values by key. The key is empty where a number has one row at most."""


class Setting:
    """A table of settings: the columns `values` by the columns of `key`, in the `attribute` of a state.

    `entries` takes the attribute apart, `attribute_of` puts it together.
    """

    def __init__(
        self,
        table_name: str,
        key: tuple[str, ...],
        values: tuple[str, ...],
        attribute: str,
        entries: Callable[[Any], Entries],
        attribute_of: Callable[[Entries], Any],
    ) -> None:
        table = metadata.tables[table_name]
        self.attribute = attribute
        self._entries, self._attribute_of = entries, attribute_of
        keys = ("company_id", "number_id", *key)
        self._key = slice(2, len(keys))
        self._values = slice(len(keys), None)
        self._select = Statement(
            select(*(table.c[name] for name in keys + values)).where(
                (table.c.company_id == any_(bindparam("companies", type_=ARRAY(BigInteger)))).is_(
                    True
                ),  # filters, and leaves the index to the id
                table.c.number_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
            )
        )
        self._gone = Batch(table, keys)
        self._delete = Statement(delete(table).where(*(table.c[name] == self._gone.rows.c[name] for name in keys)))
        self._new = Batch(table, keys + values)
        upsert = self._new.insert()
        self._upsert = Statement(
            upsert.on_conflict_do_update(index_elements=keys, set_={name: upsert.excluded[name] for name in values})
            if values
            else upsert.on_conflict_do_nothing()
        )

    async def load(self, run: Run, companies: Sequence[int], ids: Sequence[int]) -> Callable[[int], Any]:
        """The attribute of each number, by its id."""
        found: dict[int, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
        for record in await run(self._select, companies=companies, ids=ids):
            row = tuple(record)
            found.setdefault(row[1], {})[row[self._key]] = row[self._values]
        return lambda number_id: self._attribute_of(found.get(number_id, {}))

    async def save(self, run: Run, changes: Iterable[tuple[NumberState, NumberState]]) -> None:
        """Writes what differs between before and after."""
        gone: list[tuple[Any, ...]] = []
        new: list[tuple[Any, ...]] = []
        for before, after in changes:
            if getattr(before, self.attribute) == getattr(after, self.attribute):
                continue
            old_entries = self._entries(getattr(before, self.attribute))
            new_entries = self._entries(getattr(after, self.attribute))
            place = (after.company_id, after.id)
            gone += [(*place, *key) for key in old_entries.keys() - new_entries.keys()]
            new += [(*place, *key, *values) for key, values in new_entries.items() if old_entries.get(key) != values]
        if gone:
            await run(self._delete, **self._gone.parameters(gone))
        if new:
            await run(self._upsert, **self._new.parameters(new))


def _keyed(value: type[Any]) -> tuple[Callable[[Any], Entries], Callable[[Entries], Any]]:
    """For an attribute that maps the only column of the key to a named tuple of values."""

    def entries(attribute: Mapping[Any, tuple[Any, ...]]) -> Entries:
        return {(key,): tuple(values) for key, values in attribute.items()}

    def attribute_of(entries: Entries) -> Mapping[Any, Any]:
        return {key: value(*values) for (key,), values in entries.items()}

    return entries, attribute_of


SETTINGS = (
    Setting("connected_options", ("option_id",), Connected._fields, "options", *_keyed(Connected)),
    Setting("forwardings", ("condition",), Forwarded._fields, "forwardings", *_keyed(Forwarded)),
    Setting("service_bans", ("kind",), Banned._fields, "bans", *_keyed(Banned)),
    Setting(
        "spending_limits",
        (),
        Limited._fields,
        "limit",
        lambda limit: {(): limit or (None, LimitRule.NOTIFY)},
        lambda entries: Limited(*entries[()]) if entries and entries[()][0] is not None else None,
    ),
    Setting(
        "used_promotions",
        ("option_id",),
        (),
        "used_promotions",
        lambda used: {(option_id,): () for option_id in used},
        lambda entries: frozenset(option_id for (option_id,) in entries),
    ),
)
