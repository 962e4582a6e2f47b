"""What is set on numbers: connected options, forwardings, bans, spending limits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import and_

from authz.actions import Action
from gateway.kit.rows import Row, Shared
from gateway.loaders.reading import Read
from gateway.loaders.sources import Reach, Source, columns_of
from gateway.models import metadata
from gateway.operations.catalogue import Catalogue


def _source(table_name: str) -> Source:
    """A table whose rows hang on numbers that the caller was shown."""
    table = metadata.tables[table_name]
    return Source(Action.NUMBER_READ, columns_of(table), company=table.c.company_id, reach=Reach.ANYWHERE)


CONNECTED_OPTIONS = _source("connected_options")
FORWARDINGS = _source("forwardings")
SERVICE_BANS = _source("service_bans")
_LIMITS = metadata.tables["spending_limits"]
SPENDING_LIMITS = replace(
    _source("spending_limits"), seen=lambda in_scope: and_(in_scope, _LIMITS.c.amount_kopecks.is_not(None))
)


async def connected_options(
    read: Read, number_ids: Sequence[int], columns: frozenset[str], now: datetime
) -> list[list[Row]]:
    """The options of each number by id, with `option` from the catalogue; a past `promo_ends_at` becomes None."""
    kept = columns - {"option"} | {"option_id"}
    groups = await read.groups(CONNECTED_OPTIONS, number_ids, kept, "number_id", ("option_id",))
    options = read.catalogue.options

    def connected(row: Row) -> Row:
        made = {name: row[name] for name in kept}
        ends_at = made.get("promo_ends_at")
        if ends_at is not None and ends_at <= now:
            made["promo_ends_at"] = None
        return {**made, "option": options[row["option_id"]]}

    return [[connected(row) for row in rows if row["option_id"] in options] for rows in groups]


_plain: WeakKeyDictionary[Catalogue, dict[int, Shared]] = WeakKeyDictionary()


def plain_options(catalogue: Catalogue, option_ids: Sequence[Sequence[int]]) -> list[list[Row]]:
    """Connected options of which nothing is asked but the option: rows of `option`, shared by all numbers."""
    rows = _plain.get(catalogue)
    if rows is None:
        rows = _plain[catalogue] = {option.id: Shared(option=option) for option in catalogue.options.values()}
    return [[rows[option_id] for option_id in ids if option_id in rows] for ids in option_ids]
