"""What numbers may change to and connect, by the catalogue's rules over rows that were read already."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.pages import page_of
from gateway.operations.catalogue import Catalogue
from gateway.operations.offers import available_options, available_tariffs
from gateway.operations.state import Banned, Connected, NumberState

STATE = (
    *("company_id", "id", "msisdn", "kind", "status", "tariff_id", "option_ids", "banned"),
    *("region", "time_zone", "company_status"),
)
"""Columns of a number that offers depend on."""

TARIFFS = Keyset("tariffs", {"id": int})
OPTIONS = Keyset("options", {"id": int})
AVAILABLE_TARIFFS = Keyset("available tariffs", {"tariff_id": int})

_CONNECTED, _BANNED = Connected(datetime.fromtimestamp(0, UTC)), Banned(datetime.fromtimestamp(0, UTC))


def tariff_offers(rows: Sequence[Row], catalogue: Catalogue, page: Page) -> list[Row]:
    """For each number the page of tariffs that it may change to, as a `page_row`."""
    offers = available_tariffs([_state(row) for row in rows], catalogue)
    return _pages(offers, page, AVAILABLE_TARIFFS)


def option_offers(rows: Sequence[Row], catalogue: Catalogue, page: Page, theme: str | None) -> list[Row]:
    """For each number the page of options that it may connect now, as a `page_row`."""
    offers = available_options([_state(row) for row in rows], catalogue)
    return _pages(offers, page, OPTIONS, lambda row: theme is None or row["theme"] == theme)


def _state(row: Row) -> NumberState:
    """As much of a number as offers depend on."""
    return NumberState(
        company_id=row["company_id"],
        id=row["id"],
        msisdn=row["msisdn"],
        kind=row["kind"],
        region=row["region"],
        time_zone=row["time_zone"],
        company_status=row["company_status"],
        status=row["status"],
        label=None,
        employee_id=None,
        department_id=None,
        tariff_id=row["tariff_id"],
        options=dict.fromkeys(row["option_ids"], _CONNECTED),
        forwardings={},
        bans=dict.fromkeys(row["banned"], _BANNED),
        limit=None,
        used_promotions=frozenset(),
    )


def _pages(
    offers: Sequence[Sequence[Row]], page: Page, keyset: Keyset, wanted: Callable[[Row], bool] = lambda _: True
) -> list[Row]:
    """A page of each list; numbers that share a list share the page."""
    distinct = {id(rows): rows for rows in offers}
    pages = {key: page_of(filter(wanted, rows), page, keyset) for key, rows in distinct.items()}
    return [pages[id(rows)] for rows in offers]
