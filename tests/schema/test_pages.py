"""Pages: every order, both directions, while others write, and as many statements for one row as for thousands."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authz.principal import Grant, Principal
from gateway.kit.texts import Language
from tests.factories.register import MANAGER, OWNER, REPORTING, Register

OWNER_KEY = Principal("api_key", 1, "Everything", (Grant(5, 1, "owner"),))

ORDERS = ("MSISDN", "EMPLOYEE", "LABEL", "ACTIVATED_AT", "UPDATED_AT")


# ── As many statements for any number of rows ─────────────────────────────────────────────────────────────────────────

NUMBER = """id msisdn label status dormantAt company { name } employee { name department { name } } department { path }
  tariff { code packages { unit } } options { option { code } fee { amount } origin { id } }
  forwardings { target } bans { kind } spendingLimit { amount { amount } }
  availableTariffs { nodes { tariff { code } } } availableOptions(first: 1) { totalCount nodes { code } }
  journal(first: 2) { totalCount nodes { at actor { name administrator { name } } summary } }"""
LINE = "at summary actor { administrator { name } } subject { ... on Number { msisdn tariff { code } } }"
LISTS = {
    f"numbers(first: $n) {{ totalCount nodes {{ {NUMBER} }} }}": [1, 100, 5000],
    f"journal(first: $n, filter: {{channel: PORTAL}}) {{ totalCount nodes {{ {LINE} }} }}": [1, 100, 270],
    "employees(first: $n) { totalCount nodes { name department { name } numbers { id } } }": [1, 3, 3],
    "departments(first: $n) { totalCount nodes { name numbers(first: $n) { nodes { id } } } }": [
        1,
        4,
        4,
    ],
    "administrators(first: $n) { totalCount nodes { name grants { role { name } company { name } } } }": [1, 3, 3],
}


@pytest.mark.parametrize(("field", "sizes"), LISTS.items(), ids=[field.split("(")[0] for field in LISTS])
async def test_statements_do_not_grow_with_the_rows(register: Register, field: str, sizes: list[int]) -> None:
    source = f'query ($n: Int!) {{ company(by: {{id: "com_1"}}) {{ {field} }} }}'
    await register.data(source, {"n": 1}, by=OWNER_KEY)  # whoever asks first may have to find the company
    statements, found = [], []
    for size in (1, 100, 5000):
        data = await register.data(source, {"n": size}, by=OWNER_KEY)
        statements.append(sorted(register.db.statements))
        (connection,) = data["company"].values()
        found.append(len(connection["nodes"]))

    assert found == sizes
    assert statements[0] == statements[1] == statements[2]


async def test_statements_do_not_grow_with_the_parents(register: Register) -> None:
    source = """query ($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Department { path numbers(first: 2) { totalCount nodes { id } } }
      ... on Number { msisdn options { option { code } } journal(first: 1) { nodes { id } } } } }"""

    one = await register.ask(source, {"ids": ["dep_1", "num_1"]})
    with_one = sorted(register.db.statements)
    many = await register.ask(source, {"ids": [f"dep_{n}" for n in range(1, 6)] + [f"num_{n}" for n in range(1, 240)]})

    assert one.errors == many.errors == []
    assert sorted(register.db.statements) == with_one
    assert [len(node["numbers"]["nodes"]) for node in many.data["nodes"][:5]] == [2, 2, 2, 2, 2]


async def test_the_same_parent_found_twice_is_answered_twice(register: Register) -> None:
    page = "departments { totalCount nodes { id } }"

    data = await register.data(
        f'{{ a: company(by: {{id: "com_1"}}) {{ {page} }} b: company(by: {{inn: "7707083893"}}) {{ {page} }} }}'
    )

    departments = {"totalCount": 4, "nodes": [{"id": f"dep_{n}"} for n in (4, 1, 2, 3)]}
    assert data == {"a": {"departments": departments}, "b": {"departments": departments}}


async def test_what_is_not_asked_for_is_neither_counted_nor_read(register: Register) -> None:
    await register.data('{ company(by: {id: "com_1"}) { numbers { nodes { msisdn } } } }')
    page = register.db.statements[-1]
    await register.data('{ company(by: {id: "com_1"}) { numbers { totalCount } } }')
    total = register.db.statements[-1]

    assert "numbers.label" not in page
    assert "count(*)" not in page
    assert "count(*)" in total
    assert "LIMIT" not in total


# ── Orders and directions ─────────────────────────────────────────────────────────────────────────────────────────────

WALK = """query ($company: ID!, $first: Int, $after: String, $last: Int, $before: String, $order: NumberOrder) {
  company(by: {id: $company}) {
    numbers(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
      nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}"""


async def page(register: Register, company: str, by: Principal, **arguments: object) -> Any:
    data = await register.data(WALK, {"company": company, **arguments}, by=by)
    return data["company"]["numbers"]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ORDERS)
async def test_pages_of_an_order_join_without_a_seam_in_both_directions(
    register: Register, field: str, direction: str
) -> None:
    order = {"field": field, "direction": direction}
    whole = await page(register, "com_1", REPORTING, first=10_000, order=order)
    ids = [node["id"] for node in whole["nodes"]]

    forwards: list[str] = []
    part = await page(register, "com_1", REPORTING, first=1_700, order=order)
    while True:
        forwards += [edge["node"]["id"] for edge in part["edges"]]
        if not part["pageInfo"]["hasNextPage"]:
            break
        part = await page(register, "com_1", REPORTING, first=1_700, after=part["pageInfo"]["endCursor"], order=order)
    backwards: list[str] = []
    part = await page(register, "com_1", REPORTING, last=1_700, order=order)
    while True:
        backwards = [node["id"] for node in part["nodes"]] + backwards
        if not part["pageInfo"]["hasPreviousPage"]:
            break
        part = await page(register, "com_1", REPORTING, last=1_700, before=part["pageInfo"]["startCursor"], order=order)

    assert len(ids) == len(set(ids)) == 5_000
    assert forwards == ids
    assert backwards == ids


async def test_the_default_page_has_fifty_rows_by_phone_number(register: Register) -> None:
    data = await register.data('{ company(by: {id: "com_1"}) { numbers { nodes { id } pageInfo { hasNextPage } } } }')

    assert data["company"]["numbers"] == {
        "nodes": [{"id": f"num_{n}"} for n in range(1, 51)],
        "pageInfo": {"hasNextPage": True},
    }


# ── While others write ────────────────────────────────────────────────────────────────────────────────────────────────

BUSY = Principal("administrator", 9, "Owner of a busy company", (Grant(9, 9, "owner"),))
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


class Busy:
    """A company of which numbers come and go; keys are small, so that many rows tie."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._next = 100_000

    async def begin(self, keys: Sequence[int]) -> dict[int, int]:
        await self._register.execute(
            "INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status) VALUES"
            " (9, 'Busy', '0000000009', 'C', 'R', 'UTC', 'ACTIVE') ON CONFLICT DO NOTHING"
        )
        await self._register.execute("DELETE FROM numbers WHERE company_id = 9")
        return {await self.add(key): key for key in keys}

    async def add(self, key: int) -> int:
        self._next += 1
        await self._register.execute(
            "INSERT INTO numbers (company_id, id, msisdn, kind, status, label, tariff_id, activated_at, updated_at)"
            " VALUES (9, $1, $2, 'VOICE', 'CLOSED', $3, 1, $4, $4)",
            self._next,
            f"79290000{key:03}",
            f"L{key}" if key % 2 else None,
            EPOCH + timedelta(days=key),
        )
        return self._next

    async def remove(self, number: int) -> None:
        await self._register.execute("DELETE FROM numbers WHERE company_id = 9 AND id = $1", number)


keys = st.integers(0, 5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.lists(keys, min_size=1, max_size=12),
    steps=st.lists(st.tuples(st.lists(keys, max_size=2), st.integers(0, 20)), max_size=6),
    size=st.integers(1, 4),
    field=st.sampled_from(ORDERS),
    direction=st.sampled_from(["ASC", "DESC"]),
    backward=st.booleans(),
)
async def test_rows_that_stay_are_seen_once_while_others_come_and_go(
    register: Register,
    start: list[int],
    steps: list[tuple[list[int], int]],
    size: int,
    field: str,
    direction: str,
    backward: bool,
) -> None:
    busy = Busy(register)
    staying = await busy.begin(start)
    arguments: dict[str, object] = {"last" if backward else "first": size}
    seen: list[int] = []
    pending = iter(steps)
    while True:
        part = await page(register, "com_9", BUSY, **arguments, order={"field": field, "direction": direction})
        ids = [int(node["id"].removeprefix("num_")) for node in part["nodes"]]
        seen = ids + seen if backward else seen + ids
        info = part["pageInfo"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            break
        arguments["before" if backward else "after"] = info["startCursor" if backward else "endCursor"]
        come, gone = next(pending, ([], 0))
        for key in come:
            await busy.add(key)
        if gone < len(staying):
            number = sorted(staying)[gone]
            del staying[number]
            await busy.remove(number)

    assert len(seen) == len(set(seen))
    assert staying.keys() <= set(seen)


# ── What can't be ─────────────────────────────────────────────────────────────────────────────────────────────────────

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $order: NumberOrder) {
  company(by: {id: "com_1"}) {
    numbers(first: $first, after: $after, last: $last, before: $before, orderBy: $order) { nodes { id } }
  }
}"""


@pytest.mark.parametrize(
    ("arguments", "field", "en"),
    [
        ({"first": 0}, "first", "first is 0; ask for 1 to 1,000 rows."),
        (
            {"first": 1001},
            "first",
            "first is 1,001; ask for at most 1,000 rows at a time, then go on from the page's endCursor.",
        ),
        (
            {"last": 1001},
            "last",
            "last is 1,001; ask for at most 1,000 rows at a time, then go on from the page's startCursor.",
        ),
        (
            {"first": 1, "last": 1},
            "last",
            "first and after page forwards, last and before backwards; they can't be mixed. Leave out last.",
        ),
        (
            {"after": "Y3Vyc29y"},
            "after",
            "after is not a cursor of this version. Take cursors from answers as they are, or leave after out to begin "
            "anew.",
        ),
    ],
)
async def test_a_page_that_cannot_be_is_refused_at_its_argument(
    register: Register, arguments: dict[str, object], field: str, en: str
) -> None:
    answer = await register.ask(PAGE, arguments)

    (refusal,) = answer.causes
    assert refusal.field == (field,)
    assert refusal.message.render(Language.EN) == en
    assert refusal.message.render(Language.RU) != en
    assert answer.data == {"company": None}


async def test_a_cursor_of_another_order_is_refused(register: Register) -> None:
    cursor = (await page(register, "com_1", OWNER, first=1))["pageInfo"]["endCursor"]

    answer = await register.ask(PAGE, {"after": cursor, "order": {"field": "LABEL"}})

    (refusal,) = answer.causes
    assert refusal.field == ("after",)
    assert refusal.message.render(Language.EN) == (
        "after holds the cursor of another list or another order. Leave it out to begin anew in this order."
    )


async def test_a_key_of_an_integration_gets_pages_of_ten_thousand(register: Register) -> None:
    as_key = await register.ask(PAGE, {"first": 10_000}, by=REPORTING)
    beyond = await register.ask(PAGE, {"first": 10_001}, by=REPORTING)
    as_person = await register.ask(PAGE, {"first": 10_000})

    assert len(as_key.data["company"]["numbers"]["nodes"]) == 5_000
    assert [cause.field for cause in (*beyond.causes, *as_person.causes)] == [("first",), ("first",)]


# ── Only what the caller may see ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_manager_pages_through_the_own_departments_only(register: Register) -> None:
    whole = await page(register, "com_1", MANAGER, first=1_000, order={"field": "UPDATED_AT", "direction": "DESC"})
    data = await register.data('{ company(by: {id: "com_1"}) { numbers { totalCount } } }', by=MANAGER)
    rest = await page(
        register,
        "com_1",
        MANAGER,
        first=1_000,
        after=whole["pageInfo"]["endCursor"],
        order={"field": "UPDATED_AT", "direction": "DESC"},
    )

    seen = {int(node["id"].removeprefix("num_")) for node in [*whole["nodes"], *rest["nodes"]]}
    assert seen == {n for n in range(1, 5_001) if n % 5 in (2, 3)}
    assert data["company"]["numbers"]["totalCount"] == len(seen)
