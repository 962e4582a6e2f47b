"""Two companies with numbers and the small catalogue of the operations' tests, as rows of the database."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import asyncpg

from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.models.journal import Channel
from gateway.operations.catalogue import Catalogue, OptionItem, TariffItem
from gateway.operations.operation import Operation
from gateway.operations.state import NumberState
from gateway.services import states
from gateway.services.journal import Origin
from gateway.services.numbers import Done, change
from gateway.statements import Tenant
from tests.unit.operations.catalogues import BASIC, catalogue

COMPANY, OTHER_COMPANY = 1, 2
HEADQUARTERS, BRANCH = 11, 12
NUMBER, BRANCH_NUMBER, FOREIGN_NUMBER, LAST_NUMBER = 101, 102, 201, 110

OWNER = Principal("administrator", 9, "Olga", (Grant(9, COMPANY, "owner"),))
ADMINISTRATOR = Principal("administrator", 5, "Anna Petrova", (Grant(1, COMPANY, "administrator"),))
MANAGER = Principal("administrator", 6, "Boris", (Grant(2, COMPANY, "manager", frozenset({BRANCH})),))
AUDITOR = Principal("api_key", 7, "Audit", (Grant(3, COMPANY, "auditor"),))
FOREIGNER = Principal("administrator", 8, "Clara", (Grant(4, OTHER_COMPANY, "owner"),))

ORIGIN = Origin.of(ADMINISTRATOR, Channel.PORTAL, "c0ffee")


async def insert(connection: asyncpg.Connection, table: str, *rows: dict[str, Any]) -> None:
    """Rows with the same columns."""
    await connection.copy_records_to_table(table, columns=list(rows[0]), records=[tuple(row.values()) for row in rows])


async def arrange(connection: asyncpg.Connection) -> None:
    """Numbers 101 to 110 of company 1, of which 102 is in the branch, and 201 of company 2; all on the basic tariff."""
    await insert_catalogue(connection, catalogue())
    await insert(
        connection,
        "companies",
        *(
            {
                "id": company_id,
                "name": f"Company {company_id}",
                "inn": f"770000000{company_id}",
                "contract_number": str(company_id),
                "region": "Moscow",
                "time_zone": "Europe/Moscow",
                "status": "ACTIVE",
            }
            for company_id in (COMPANY, OTHER_COMPANY)
        ),
    )
    await insert(
        connection,
        "departments",
        *(
            {"company_id": COMPANY, "id": department_id, "name": name, "ancestor_ids": [department_id], "path": [name]}
            for department_id, name in ((HEADQUARTERS, "Headquarters"), (BRANCH, "Branch"))
        ),
    )
    await insert(connection, "employees", {"company_id": COMPANY, "id": 31, "name": "Ivan"})
    await insert(connection, "employees", {"company_id": COMPANY, "id": 32, "name": "Olga"})
    ids = [(COMPANY, each) for each in range(NUMBER, LAST_NUMBER + 1)] + [(OTHER_COMPANY, FOREIGN_NUMBER)]
    await insert(
        connection,
        "numbers",
        *(
            {
                "company_id": company_id,
                "id": number_id,
                "msisdn": f"79260000{number_id}",
                "kind": "VOICE",
                "status": "ACTIVE",
                "tariff_id": BASIC,
                "department_id": BRANCH if number_id == BRANCH_NUMBER else None,
            }
            for company_id, number_id in ids
        ),
    )


async def insert_catalogue(connection: asyncpg.Connection, items: Catalogue) -> None:
    tariffs, options = list(items.tariffs.values()), list(items.options.values())
    await insert(
        connection, "tariffs", *({**_card(each), "switch_fee_kopecks": each.switch_fee_kopecks} for each in tariffs)
    )
    await insert(
        connection,
        "tariff_prices",
        *({"tariff_id": each.id, "valid_from": date(2020, 1, 1), "fee_kopecks": each.fee_kopecks} for each in tariffs),
    )
    await insert(
        connection,
        "tariff_switch_fees",
        *(
            {"from_tariff_id": before.id, "to_tariff_id": after.id, "fee_kopecks": items.switch_fee(before.id, after)}
            for before in tariffs
            for after in tariffs
            if items.switch_fee(before.id, after) != after.switch_fee_kopecks
        ),
    )
    await insert(
        connection,
        "options",
        *(
            {**_card(each), "theme": each.theme, "promo_days": each.promo_days, "services": sorted(each.services)}
            for each in options
        ),
    )
    await insert(
        connection,
        "option_prices",
        *(
            {
                "option_id": each.id,
                "valid_from": date(2020, 1, 1),
                "connection_fee_kopecks": each.connection_fee_kopecks,
                "fee_kopecks": each.fee_kopecks,
            }
            for each in options
        ),
    )
    await insert(connection, "option_rules", *_rules(options))


def _card(item: TariffItem | OptionItem) -> dict[str, Any]:
    columns = ("id", "code", "name", "description", "region", "fee_period", "archived")
    return {name: item[name] for name in columns} | {"kinds": sorted(item.kinds)}


def _rules(options: Sequence[OptionItem]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []

    def rule(option: OptionItem, kind: str, other: int | None = None, tariff: int | None = None) -> None:
        rules.append({"option_id": option.id, "kind": kind, "other_option_id": other, "tariff_id": tariff})

    for option in options:
        for other in option.requires:
            rule(option, "REQUIRES", other=other.id)
        for other in option.excludes:
            if option.id > other.id:
                rule(option, "EXCLUDES", other=other.id)
        for tariff_id in sorted(option.tariff_ids):
            rule(option, "ONLY_FOR_TARIFF", tariff=tariff_id)
    return rules


async def make(
    database: Database,
    operation: Operation,
    number_id: int = NUMBER,
    principal: Principal = ADMINISTRATOR,
    **options: Any,
) -> Done:
    return await change(database, principal, number_id, operation, catalogue=catalogue(), origin=ORIGIN, **options)


async def number_now(database: Database, number_id: int = NUMBER) -> NumberState:
    (state,) = await states.load(partial(database.fetch, Tenant((COMPANY,))), [COMPANY], [number_id])
    return state


async def rows(connection: asyncpg.Connection, table: str) -> list[asyncpg.Record]:
    return await connection.fetch(
        await connection.fetchval("SELECT format('SELECT * FROM %I ORDER BY id', $1::text)", table)
    )
