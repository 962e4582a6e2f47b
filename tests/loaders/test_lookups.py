"""Look-ups by key: merged within a turn of the event loop, kept for the operation."""

import asyncio
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from gateway.loaders.lookups import Key, Lookups

Row = dict[str, object]


class Table:
    """Rows 1 to 9 with any column; remembers what was fetched."""

    def __init__(self) -> None:
        self.fetched: list[tuple[list[Key], list[str]]] = []

    async def fetch(self, keys: list[Key], columns: frozenset[str]) -> Mapping[Key, Row]:
        self.fetched.append((sorted(keys), sorted(columns)))
        await asyncio.sleep(0)
        return {key: {name: f"{name} {key}" for name in columns} for key in keys if key in range(1, 10)}


def columns(*names: str) -> frozenset[str]:
    return frozenset(names)


async def test_several_places_are_one_fetch_with_all_their_columns() -> None:
    table = Table()
    rows = Lookups(table.fetch)

    one, other = await asyncio.gather(
        rows.load_many([1, 2, 1, None, 77], columns("name")), rows.load_many([2, 3], columns("price"))
    )

    assert table.fetched == [([1, 2, 3, 77], ["name", "price"])]
    assert [row and row["name"] for row in one] == ["name 1", "name 2", "name 1", None, None]
    assert [row and row["price"] for row in other] == ["price 2", "price 3"]


async def test_what_is_known_is_not_fetched_again() -> None:
    table = Table()
    rows = Lookups(table.fetch)

    await rows.load_many([1, 2, 77], columns("name", "price"))
    again = await rows.load_many([2, 77], columns("name"))
    await rows.load_many([2, 5], columns("name"))
    await rows.load_many([None], columns("other"))

    assert table.fetched == [([1, 2, 77], ["name", "price"]), ([5], ["name", "price"])]
    assert again == [{"name": "name 2", "price": "price 2"}, None]


async def test_one_value_is_loaded_like_many() -> None:
    table = Table()
    rows: Lookups[Row] = Lookups(table.fetch)

    assert await rows.load(3) == {}
    assert await rows.load(77) is None
    assert table.fetched == [([3], []), ([77], [])]


async def test_another_column_is_fetched_with_those_before() -> None:
    table = Table()
    rows = Lookups(table.fetch)

    await rows.load_many([1], columns("name"))
    (row,) = await rows.load_many([1], columns("price"))

    assert table.fetched == [([1], ["name"]), ([1], ["name", "price"])]
    assert row == {"name": "name 1", "price": "price 1"}


async def test_a_failure_reaches_everybody_who_waits_and_is_not_kept() -> None:
    failing = True

    async def fetch(keys: list[Key], columns: frozenset[str]) -> Mapping[Key, Row]:
        if failing:
            raise ConnectionError("lost")
        return {key: {} for key in keys}

    rows = Lookups(fetch)

    failed = await asyncio.gather(rows.load_many([1]), rows.load_many([2]), return_exceptions=True)
    failing = False

    assert [str(each) for each in failed] == ["lost", "lost"]
    assert await rows.load_many([1]) == [{}]


@given(
    st.lists(
        st.lists(
            st.tuples(st.lists(st.none() | st.integers(0, 12), max_size=5), st.sets(st.sampled_from("abc"))), max_size=4
        ),
        max_size=4,
    )
)
async def test_whatever_is_asked_in_whatever_turns_is_answered(
    turns: list[list[tuple[list[int | None], set[str]]]],
) -> None:
    rows = Lookups(Table().fetch)

    for turn in turns:
        answers = await asyncio.gather(*(rows.load_many(keys, frozenset(names)) for keys, names in turn))
        for (keys, names), answer in zip(turn, answers, strict=True):
            for key, row in zip(keys, answer, strict=True):
                if key is None or key not in range(1, 10):
                    assert row is None
                else:
                    assert row is not None
                    assert {name: row[name] for name in names} == {name: f"{name} {key}" for name in names}
