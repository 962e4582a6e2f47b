"""What the engine keeps between requests stays small, whatever is sent; `make long-test` sends 100,000 documents."""

from __future__ import annotations

import gc
import os
import sys

from hypothesis import given
from hypothesis import strategies as st

from gateway.execution import Engine
from gateway.execution.cache import Lru
from tests.unit.execution.library import make_schema
from tests.unit.execution.library_context import LibraryContext

DOCUMENTS = int(os.environ.get("DOCUMENTS", "160"))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 12))))
def test_a_cache_keeps_the_latest_within_its_bounds(puts: list[tuple[int, int]]) -> None:
    cache: Lru[int, int] = Lru(entries=3, weight=20)
    expected: dict[int, int] = {}

    for key, weight in puts:
        cache.put(key, weight, weight)
        expected.pop(key, None)
        expected[key] = weight
        while len(expected) > 3 or sum(expected.values()) > 20:
            del expected[next(iter(expected))]

    assert {key: cache.get(key) for key in range(9) if cache.get(key)} == expected
    assert cache.weight == sum(expected.values())


def test_what_is_used_is_not_forgotten() -> None:
    cache: Lru[str, int] = Lru(entries=2, weight=10)
    cache.put("a", 1, 1)
    cache.put("b", 2, 1)
    cache.get("a")

    cache.put("c", 3, 1)
    cache.put("too heavy", 4, 11)

    assert [cache.get(key) for key in ("a", "b", "c", "too heavy")] == [1, None, 3, None]


async def test_different_documents_leave_memory_bounded() -> None:
    engine = Engine(make_schema(), max_documents=20, max_plans=20, max_characters=4_000)

    async def send(numbers: range) -> int:
        for number in numbers:
            source = f"query A{number} {{ books(first: 1) {{ nodes {{ a{number}: title publisher {{ name }} }} }} }}"
            result = await engine.execute(source, {}, None, LibraryContext())
            assert not result.errors
            await engine.execute(f"{{ nothing{number} }}", {}, None, LibraryContext())
        gc.collect()
        return sys.getallocatedblocks()

    before = await send(range(40))
    after = await send(range(40, DOCUMENTS))

    assert after - before < 3_000  # one document with its plan takes about 330
    assert engine.stats.plans == DOCUMENTS
