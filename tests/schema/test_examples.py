"""The operations that GraphiQL offers and that its page sends are valid in the schema, and compiled."""

import re
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate

from gateway.execution import Result
from schema.context import Context
from tests.factories.register import OWNER, Register

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted((ROOT / "ide/src").rglob("*.graphql"))
EXAMPLES = [path for path in DOCUMENTS if "examples" in path.parts]
FOLLOWING = [path for path in EXAMPLES if "subscription " in path.read_text()]
# What the page has a value for, in the variables of an example: exampleValues in ide/src/gateway.ts.
VALUES = {
    "companyId": "com_1",
    "numberId": "num_404",
    "optionId": "opt_1",
    "since": "2026-01-31T00:00:00Z",
    "filter": {"status": ["ACTIVE"]},
    "after": None,
    "idempotencyKey": None,
    "plannedId": "blk_404",
    "planHash": "",
    "awaitingId": "blk_404",
}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_valid(path: Path) -> None:
    schema = build_schema((ROOT / "schema/schema.graphql").read_text())

    assert validate(schema, parse(path.read_text())) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_explains_itself_in_both_languages(path: Path) -> None:
    lines = path.read_text().splitlines()
    english, russian = ([line for line in lines if line.startswith(f"# {code}: ")] for code in ("en", "ru"))

    assert len(english) >= 2
    assert len(russian) >= 2
    assert not re.search("[а-яё]", "".join(english), re.IGNORECASE)
    assert re.search("[а-яё]", russian[0], re.IGNORECASE)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_variable_of_an_example_gets_a_value(path: Path) -> None:
    (operation,) = parse(path.read_text()).definitions
    assert isinstance(operation, OperationDefinitionNode)

    without_default = [v for v in operation.variable_definitions or () if v.default_value is None]
    assert {v.variable.name.value for v in without_default} <= VALUES.keys()


@pytest.mark.parametrize(
    "source", [pytest.param(path.read_text(), id=path.stem) for path in EXAMPLES if path not in FOLLOWING]
)
async def test_an_example_is_compiled(register: Register, source: str) -> None:
    fallbacks = register.engine.stats.fallbacks

    # The register is everybody's: nothing is changed in it.
    values = VALUES | {"companyId": "com_404"} if "mutation " in source else VALUES
    result = await register.engine.execute(source, values, None, register.context(OWNER))

    assert result.executed
    assert register.engine.stats.fallbacks == fallbacks


async def test_a_subscription_among_the_examples_is_open_to_whoever_may_read(register: Register) -> None:
    (source,) = (path.read_text() for path in FOLLOWING)

    stream = await register.engine.subscribe(source, VALUES, None, register.context(OWNER), never)

    assert not isinstance(stream, Result)


async def never() -> Context:
    raise AssertionError("nothing changes here")


def test_tabs_have_different_names() -> None:
    names = [re.findall(r"^(?:query|mutation|subscription) (\w+)", path.read_text(), re.MULTILINE) for path in EXAMPLES]

    assert len({name for (name,) in names}) == len(EXAMPLES) == 23
