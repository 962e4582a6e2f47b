"""The operations reach everything in the schema, and there are foreign rows behind all of it."""

from graphql import GraphQLSchema, is_interface_type, is_introspection_type, is_object_type

from tests.isolation.callers import FOREIGN_KEY, FOREIGN_OWNER
from tests.isolation.conftest import OpenGateway
from tests.isolation.coverage import every_place, selected, shown
from tests.isolation.operations import Operation, Operations
from tests.isolation.patches import FOREIGN
from tests.isolation.samples import Samples

NOT_SELECTED = {
    "Subscription.numberChanged": "never ends: tests/schema/test_number_updates.py follows companies of others",
    "Subscription.numberChanged(companyId:)": "as above",
    "Subscription.bulkChangeChanged": "never ends: tests/schema/test_bulk_change_updates.py follows it",
    "Subscription.bulkChangeChanged(id:)": "as above",
}
"""Fields, arguments and input fields that no operation reaches, each with the reason."""

NOT_SHOWN = {
    "CostEstimate": "is of a text, not of rows",
    "Subscription": "is followed elsewhere",
    "AccessApplication": "belongs to no company: it is shown to whoever has its secret reference",
}
"""Types, and fields of types with a global id, that the foreign company's owner and key are not shown, with reasons."""


def test_every_field_and_argument_is_reached(
    printed: GraphQLSchema, reads: list[Operation], changes: list[Operation]
) -> None:
    assert every_place(printed) - selected(printed, [*reads, *changes]) == set(NOT_SELECTED)


async def test_the_foreign_owner_sees_what_there_is(printed: GraphQLSchema, open_gateway: OpenGateway) -> None:
    """Otherwise nothing could leak there, however open it stood."""
    gateway = await open_gateway("with all", copy="of the foreign owner")
    operations = Operations(printed, Samples(FOREIGN))
    reads = [each for each in operations.reads() if not each.varied or each.type_name == "Query"]
    changes = [each for each in operations.changes() if not each.varied]

    answers = [*await gateway.ask_all(FOREIGN_OWNER, reads), *await gateway.ask_all(FOREIGN_KEY, reads)]
    answers += await gateway.ask_all(FOREIGN_OWNER, changes, at_once=1)

    assert places_of(printed) - shown(answer.data for answer in answers) == set(NOT_SHOWN)


def places_of(schema: GraphQLSchema) -> set[str]:
    """All object types, and the fields of those with a global id."""
    types = [each for each in schema.type_map.values() if is_object_type(each) and not is_introspection_type(each)]
    node = schema.type_map["Node"]
    assert is_interface_type(node)
    nodes = schema.get_possible_types(node)
    return {each.name for each in types} | {f"{each.name}.{name}" for each in nodes for name in each.fields}
