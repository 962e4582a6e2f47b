"""A list without a page is as long as it is: what is found beyond the price is paid for, and too much ends it all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pytest
import strawberry

from gateway.execution import PUBLIC, Engine, Info, Limits, Shared, batched, column
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Language, Text
from tests.unit.execution.library_context import LibraryContext

FRIENDS = 40
TRAITS = [Shared(name=f"Trait {number}", excludes=[]) for number in range(20)]
for trait in TRAITS:
    trait["excludes"].extend(TRAITS)
ANNA = {"name": "Anna", "words": ["word"] * 100, "trait": TRAITS[0]}


def load_best(rows: Sequence[object], info: Info) -> Sequence[object]:
    return [ANNA] * len(rows)


async def load_friends(rows: Sequence[object], info: Info) -> Sequence[object]:
    info.context.called("friends", rows, info)
    return [[{**ANNA, "name": f"Friend {number}"} for number in range(FRIENDS)] for _ in rows]


@strawberry.type(description="A trait.")
class Trait:
    name: str = column("Name.", PUBLIC)
    excludes: list[Annotated[Trait, strawberry.lazy("tests.unit.execution.test_spending")]] = column("Others.", PUBLIC)


@strawberry.type(description="Somebody with many friends, all of whom have one best friend.")
class Person:
    name: str = column("Name.", PUBLIC)
    broken: str | None = column("What is missing.", PUBLIC)
    words: list[str] = column("What they say.", PUBLIC)
    trait: Trait = column("Trait.", PUBLIC)
    best: Annotated[Person, strawberry.lazy("tests.unit.execution.test_spending")] = batched(load_best, "Anna.", PUBLIC)
    friends: list[Annotated[Person, strawberry.lazy("tests.unit.execution.test_spending")]] = batched(
        load_friends, "Friends.", PUBLIC
    )


@strawberry.type(description="What can be read.")
class Query:
    anna: Person = batched(load_best, "Anna.", PUBLIC)


class Spender(LibraryContext):
    """Somebody with so many points."""

    def __init__(self, points: int = 1_000_000) -> None:
        super().__init__()
        self.points = points

    async def charge(self, points: int) -> None:
        if points > self.points:
            raise GatewayError(GatewayErrorCode.RATE_LIMITED, Text(en="Wait.", ru="Подождите.")())
        self.points -= points
        await super().charge(points)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(strawberry.Schema(Query), limits=Limits(cost=10_000, request=100))


async def refusal(engine: Engine, source: str, context: LibraryContext) -> GatewayError:
    result = await engine.execute(source, {}, None, context)
    assert result.executed
    assert result.data is None
    (error,) = result.errors
    assert isinstance(error.original_error, GatewayError)
    return error.original_error


async def test_more_rows_than_were_priced_are_charged_when_they_are_found(engine: Engine) -> None:
    context = Spender()

    result = await engine.execute("{ anna { friends { best { friends { name } } } } }", {}, None, context)

    assert not result.errors
    priced, found = 100 + 1 + 5 * (1 + 1 + 5 * 2), FRIENDS * 2 + FRIENDS * FRIENDS * 2
    assert context.charged == [priced, found - priced]
    assert result.cost == found


async def test_what_was_priced_is_not_charged_again(engine: Engine) -> None:
    context = Spender()

    await engine.execute("{ anna { best { name best { name } } friends { name } } }", {}, None, context)

    assert context.charged == [100 + 1 + 1 + 1 + 1 + 1 + 5 * 2]


async def test_who_cannot_pay_for_what_is_found_gets_nothing_of_it(engine: Engine) -> None:
    context = Spender(1_000)

    error = await refusal(engine, "{ anna { friends { best { friends { best { name } } } } } }", context)

    assert error.code is GatewayErrorCode.RATE_LIMITED
    assert context.calls == [("friends", 1), ("friends", FRIENDS)]


@pytest.mark.parametrize(
    ("selected", "field"),
    [
        ("friends { best { friends { best { friends { name } } } } }", "Person.friends"),
        ("friends { friends { name best { name } b: best { friends { name } } c: best { name } } }", "Person.friends"),
        (f"friends {{ best {{ {' '.join(f'a{n}: words' for n in range(9))} }} }}", "Person.words"),
        (f"friends {{ broken {' '.join(f'a{n}: words' for n in range(9))} }}", "Person.words"),
        ("trait { excludes { excludes { excludes { excludes { name } } } } }", "Trait.excludes"),
    ],
)
@pytest.mark.parametrize("beside", ["", '__type(name: "Person") { name }'])
async def test_an_answer_that_would_be_too_large_is_given_up(
    engine: Engine, selected: str, field: str, beside: str
) -> None:
    error = await refusal(engine, f"{{ anna {{ {selected} }} {beside} }}", Spender())

    assert error.code is GatewayErrorCode.TOO_COSTLY
    assert error.extensions["maximum"] == 10_000
    if not beside:
        assert error.extensions["field"] == [field]
        assert error.message.render(Language.EN) == (
            f"More was found than a request of 10,000 points may hold: {field} has too many values. Ask for them of "
            "fewer objects at a time."
        )


async def test_a_catalogue_entry_with_lists_is_counted_each_time(engine: Engine) -> None:
    first, again = Spender(), Spender()

    for context in (first, again):
        await engine.execute("{ anna { trait { excludes { excludes { name } } } } }", {}, None, context)

    priced, found = 100 + 1 + 1 + 5 * (1 + 5 * 2), 1 + 20 + 20 * 20 * 2
    assert first.charged == again.charged == [priced, found - priced]
