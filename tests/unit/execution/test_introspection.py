"""The schema about itself, answered as graphql-core answers it."""

import pytest
from graphql import get_introspection_query, graphql_sync

from gateway.execution import Engine
from tests.unit.execution.library import make_schema
from tests.unit.execution.library_context import LibraryContext

DOCUMENTS = {
    "usual": get_introspection_query(),
    "everything": get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    ),
    "aliases": "{ a: __schema { queryType { a: name b: name __typename } } b: __schema { t: types { kind } } }",
    "one type": '{ __type(name: "Book") { name fields { name args { name type { kind ofType { name } } } } } }',
    "no such type": '{ __typename __type(name: "Nothing") { name } }',
    "a variable": """query ($name: String!) {
      __type(name: $name) { name enumValues(includeDeprecated: true) { name } }
    }""",
    "fragments": """query ($no: Boolean = false) {
      ...F @include(if: $no) __schema { ...S types @skip(if: $no) { name } types { interfaces { name } } }
    } fragment F on Query { __typename } fragment S on __Schema { directives { locations isRepeatable } }""",
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(make_schema())


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
async def test_the_answer_is_that_of_graphql_core(engine: Engine, document: str) -> None:
    variables = {"name": "Genre"} if "$name" in document else {}

    result = await engine.execute(document, variables, None, LibraryContext())

    told = graphql_sync(engine.definitions.schema, document, variable_values=variables)
    assert (result.data, result.errors) == (told.data, told.errors or [])
    assert list(result.data or ()) == list(told.data or ())
    assert engine.stats.fallbacks == 0
