"""What operations select and say, and what of it answers have shown."""

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_input_object_type,
    is_input_type,
    is_interface_type,
    is_introspection_type,
    is_object_type,
    parse,
    type_from_ast,
    visit,
)

from tests.isolation.operations import OF, Operation, objects


def every_place(schema: GraphQLSchema) -> set[str]:
    """All fields, arguments and input fields: Number.journal, Number.journal(filter:), JournalFilter.numberId."""
    places: set[str] = set()
    for name, type_ in schema.type_map.items():
        if is_introspection_type(type_):
            continue
        if is_object_type(type_) or is_interface_type(type_):
            for field_name, field in type_.fields.items():
                places |= {f"{name}.{field_name}", *(f"{name}.{field_name}({each}:)" for each in field.args)}
        elif is_input_object_type(type_):
            places |= {f"{name}.{field_name}" for field_name in type_.fields}
    return places


def selected(schema: GraphQLSchema, operations: Iterable[Operation]) -> set[str]:
    """The places that these operations select or give a value."""
    places: set[str] = set()
    documents = {operation.document: operation for operation in operations}
    for document in documents:
        types = TypeInfo(schema)
        visit(parse(document), TypeInfoVisitor(types, _Selections(types, places)))
    for operation in operations:
        (definition,) = parse(operation.document).definitions
        assert isinstance(definition, OperationDefinitionNode)
        for each in definition.variable_definitions or ():
            type_ = type_from_ast(schema, each.type)
            assert is_input_type(type_)
            places |= set(_inputs(type_, operation.variables[each.variable.name.value]))
    return places


class _Selections(Visitor):
    def __init__(self, types: TypeInfo, places: set[str]) -> None:
        super().__init__()
        self._types = types
        self._places = places

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        assert parent is not None
        place = f"{parent.name}.{node.name.value}"
        self._places |= {place, *(f"{place}({each.name.value}:)" for each in node.arguments or ())}


def _inputs(type_: GraphQLInputType, value: Any) -> Iterator[str]:
    named = get_named_type(type_)
    if isinstance(value, list):
        assert is_input_type(named)
        for each in value:
            yield from _inputs(named, each)
    elif is_input_object_type(named) and isinstance(value, dict):
        for name, each in value.items():
            yield f"{named.name}.{name}"
            yield from _inputs(named.fields[name].type, each)


def shown(data: Iterable[Any]) -> set[str]:
    """The types of the objects in these answers, and their fields that hold something."""
    places: set[str] = set()
    for answer in data:
        for each in objects(answer):
            type_name = each.get("__typename")
            if type_name is None:  # a JSON scalar
                continue
            fields = {name.rpartition(OF)[2] for name, value in each.items() if value not in (None, [])}
            places |= {type_name, *(f"{type_name}.{name}" for name in fields)}
    return places
