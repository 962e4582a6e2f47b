"""The compiled execution answers random operations over the gateway's own schema exactly as graphql-core does.

`make long-test` tries 10,000 of them. What differs is printed with its seed, which alone makes it again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from authz.actions import Action
from schema.root import build_schema
from tests.factories.made_up import Leaves, MadeUpContext, make_up
from tests.factories.operations import Operations
from tests.factories.oracle import Laboratory, by_core
from tests.factories.register import MANAGER, OWNER, REPORTING, Register

OPERATIONS = int(os.environ.get("OPERATIONS", "250"))
ON_THE_REGISTER = OPERATIONS // 5

_NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
_IDS = ["num_1", "num_5", "num_4000", "com_1", "com_2", "com_3", "dep_2", "emp_1", "tar_2", "opt_3", "jrn_1", "rol_1"]

# What callers send: rarely something that is refused before anything runs.
VALUES = {
    "ID": lambda random: random.choice([*_IDS, "num_7001", "grt_1", "x"]),
    "String": lambda random: random.choice(["", "a", "Ёлки", 'quo"ted\n', "7926", "number:read"]),
    "Int": lambda random: random.choice([1, 2, 3, 7, 40, 0, -1]),
    "Long": lambda random: random.choice([0, 2**40]),
    "Decimal": lambda random: random.choice(["1250.00", "0", "-3.5"]),
    "Date": lambda random: random.choice(["2026-01-31", "1990-05-17"]),
    "DateTime": lambda random: random.choice(["2025-06-02T09:30:00+03:00", "2024-01-01T00:00:00Z"]),
    "PhoneNumber": lambda random: random.choice(["+79260000001", "8 (926) 000-00-05"] * 9 + ["12"]),
    "Inn": lambda random: random.choice(["7707083893", "7736050003"] * 9 + ["7707083894"]),
    "JSON": lambda random: random.choice([1, "text", True, {"any": [1]}]),
    "_Any": lambda random: random.choice([{"__typename": "Number", "id": "num_1"}, {"__typename": "Number"}, 1]),
    "Query.number(by:)": lambda random: random.choice([{"id": "num_1"}, {"msisdn": "+79260000005"}, {"iccid": "89"}]),
    "Query.company(by:)": lambda random: random.choice([{"id": "com_1"}, {"id": "com_2"}, {"inn": "7707083893"}]),
}

# What resolvers answer.
LEAVES: Leaves = {
    "ID": lambda random: random.choice(["num_1", 7]),
    "String": lambda random: random.choice(["", "name", "Ёлки\n", 'quo"ted']),
    "Int": lambda random: random.randrange(100),
    "Boolean": lambda random: random.random() < 0.5,
    "Float": lambda random: random.random(),
    "Long": lambda random: random.randrange(2**60),
    "Decimal": lambda random: Decimal(random.randrange(10**6)) / 100,
    "Date": lambda random: date(2026, 1, 1 + random.randrange(28)),
    "DateTime": lambda random: _NOW + timedelta(seconds=random.randrange(10**6)),
    "PhoneNumber": lambda random: f"7926{random.randrange(10**7):07}",
    "Inn": lambda random: "7707083893",
    "JSON": lambda random: random.choice([None, {"options": ["NET_10"], "any": [1, None]}, [1, "a"], "text"]),
}

seeds = st.integers(0, 2**32 - 1)


def examples(number: int) -> settings:
    return settings(max_examples=number, deadline=None, derandomize=True, database=None, phases=[Phase.generate])


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    made = Laboratory(lambda: make_up(build_schema(), LEAVES), VALUES, depth=5, size=3)
    yield made
    stats = made.engine.stats
    assert stats.fallbacks < stats.operations * 0.05  # flags that are null, nothing else
    assert stats.operations * 0.2 < stats.faulty < stats.operations * 0.8


# graphql-core drops coroutines when a sibling's error empties their object; it runs the flags that are null
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@examples(OPERATIONS)
@given(seed=seeds)
async def test_an_operation_answers_like_graphql_core(laboratory: Laboratory, seed: int) -> None:
    random = Random(seed)
    closed = frozenset(random.sample(list(Action), 12) if random.random() < 0.3 else ())
    sent = laboratory.operations.make(seed)

    await laboratory.compare(sent, lambda waits: MadeUpContext(seed, closed, waits), f"seed {seed}")


@examples(ON_THE_REGISTER)
@given(seed=seeds)
async def test_a_query_of_the_register_answers_like_graphql_core(register: Register, seed: int) -> None:
    queries = Operations(register.engine.definitions.schema, VALUES, depth=5, size=3, mutations=False)
    sent = queries.make(seed)
    by = Random(seed).choice([OWNER, OWNER, MANAGER, REPORTING])
    prepared = register.engine.prepare(sent.source)

    got = await register.engine.execute(prepared, sent.variables, sent.operation_name, register.context(by))

    if not got.executed:
        return
    wanted = await by_core(register.engine, sent, register.context(by))
    told = f"seed {seed}: {sent.source}\n{sent.variables}"
    assert orjson.dumps(got.data) == orjson.dumps(wanted.data), told
    assert bool(got.errors) == bool(wanted.errors), told
