"""The schema as the engine sees it, for each object type its fields with their sources; and what it must declare."""

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import Enum
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
    is_non_null_type,
    is_object_type,
    is_specified_scalar_type,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import StrawberryObjectDefinition

from gateway.execution.fields import PUBLIC, Field, Source, Spec
from gateway.kit.rows import OfType

STRAWBERRY = "strawberry-definition"


class SchemaError(Exception):
    """A schema that lacks descriptions, requirements or defaults."""


def check_schema(schema: GraphQLSchema) -> None:
    """Raises `SchemaError` with every place that lacks a description, a requirement or a default, one a line."""
    problems: list[str] = []

    def described(place: str, item: Any) -> None:
        if not item.description:
            problems.append(f"{place} has no description")

    for name, type_ in schema.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        described(name, type_)
        if isinstance(type_, GraphQLEnumType):
            for value_name, value in type_.values.items():
                described(f"{name}.{value_name}", value)
        elif isinstance(type_, GraphQLInputObjectType):
            for input_name, input_field in type_.fields.items():
                described(f"{name}.{input_name}", input_field)
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                place = f"{name}.{field_name}"
                described(place, field)
                for argument_name, argument in field.args.items():
                    described(f"{place}({argument_name}:)", argument)
                declared = field.extensions.get(STRAWBERRY)
                if isinstance(declared, Field):
                    problems += _signature_problems(place, declared, field)
                elif isinstance(type_, GraphQLObjectType):
                    problems.append(
                        f"{place} has no requirement: declare it with column, computed, batched, keyed or streamed"
                    )
    if problems:
        raise SchemaError("\n".join(sorted(problems)))


def _signature_problems(place: str, declared: Field, field: GraphQLField) -> list[str]:
    keyed = declared.spec.source is Source.KEYED
    problems = []
    for parameter, argument in zip(declared.parameters, field.args.values(), strict=True):
        given = parameter.default is not parameter.empty
        if keyed and given:
            problems.append(f"{place}: a keyed resolver has no default for {parameter.name}, its entries are None")
        elif not keyed and not given and not is_non_null_type(argument.type):
            problems.append(f"{place}: the nullable argument {parameter.name} needs a default in Python")
    return problems


@dataclass(frozen=True, slots=True, eq=False)
class FieldDefinition:
    """A field of an object type: its GraphQL definition, its source, and what its resolver and guard need."""

    parent: str
    name: str
    graphql: GraphQLField
    named: GraphQLNamedType
    """Its type without lists and without what excludes null."""
    spec: Spec
    column: str
    place: tuple[str, ...]
    arguments: tuple[StrawberryArgument, ...]
    asynchronous: bool
    """The resolver must be awaited."""

    @property
    def type(self) -> GraphQLOutputType:
        return self.graphql.type

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of the parent row that the value is made of."""
        return (self.column,) if self.spec.source is Source.COLUMN else self.spec.needs


class Definitions:
    """All object types of a Strawberry schema with their fields."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema: GraphQLSchema = schema._schema
        self._strawberry = schema
        check_schema(self.schema)
        for type_ in self.schema.type_map.values():
            if isinstance(type_, GraphQLInputObjectType) and type_.extensions[STRAWBERRY].is_one_of:
                # graphql-core's own check of @oneOf tells where the input is wrong, Strawberry's does not
                type_.is_one_of = True
                type_.out_type = GraphQLInputObjectType.out_type  # type: ignore[method-assign]  # undoes Strawberry's
        self._possible: dict[str, Mapping[str, GraphQLObjectType]] = {}
        for name, type_ in self.schema.type_map.items():
            if is_object_type(type_):
                self._possible[name] = {name: type_}
            elif is_abstract_type(type_):
                self._possible[name] = {each.name: each for each in self.schema.get_possible_types(type_)}
        self._types: dict[str, Mapping[str, FieldDefinition]] = {
            name: {field_name: self._field(type_, field_name, field) for field_name, field in type_.fields.items()}
            for name, type_ in self.schema.type_map.items()
            if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_)
        }

    def _field(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> FieldDefinition:
        declared = field.extensions[STRAWBERRY]
        assert isinstance(declared, Field)
        return FieldDefinition(
            parent=type_.name,
            name=name,
            graphql=field,
            named=get_named_type(field.type),
            spec=declared.spec,
            column=declared.spec.column or declared.name,
            place=getattr(type_.extensions[STRAWBERRY].origin, "__place__", ()),
            arguments=tuple(declared.arguments),
            asynchronous=inspect.iscoroutinefunction(declared.spec.function),
        )

    def fields(self, type_name: str) -> Mapping[str, FieldDefinition]:
        return self._types[type_name]

    def find(self, type_name: str, field_name: str) -> FieldDefinition | None:
        """None for `__typename` and introspection."""
        return self._types.get(type_name, {}).get(field_name)

    def possible(self, type_: GraphQLNamedType) -> Mapping[str, GraphQLObjectType]:
        """The object types that a value of that type can have; empty for a leaf."""
        return self._possible.get(type_.name, {})

    def requirements(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDetails]
    ) -> frozenset[Enum]:
        """All requirements of the fields that an operation may reach."""
        found: set[Enum] = set()
        seen: set[tuple[int, str]] = set()

        def visit(selections: SelectionSetNode, parent: GraphQLNamedType) -> None:
            if (id(selections), parent.name) in seen:
                return
            seen.add((id(selections), parent.name))
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    fields = [self.find(type_name, node.name.value) for type_name in self.possible(parent)]
                    found.update(field.spec.requires for field in fields if field)
                    if node.selection_set:
                        for type_ in {field.named for field in fields if field}:
                            visit(node.selection_set, type_)
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    visit(node.selection_set, self.schema.type_map[condition.name.value] if condition else parent)
                elif isinstance(node, FragmentSpreadNode):
                    fragment = fragments[node.name.value].definition
                    visit(fragment.selection_set, self.schema.type_map[fragment.type_condition.name.value])

        root = self.schema.get_root_type(operation.operation)
        assert root is not None
        visit(operation.selection_set, root)
        return frozenset(found) - {PUBLIC}

    def argument(self, argument: StrawberryArgument, value: object) -> object:
        """A value coerced by graphql-core as Strawberry hands it to resolvers: input objects are instances."""
        converter = self._strawberry.schema_converter
        return convert_argument(value, argument.type, converter.scalar_registry, self._strawberry.config)

    def arguments(self, field: FieldDefinition, values: Mapping[str, object]) -> dict[str, object]:
        """The keyword arguments of a resolver, from values coerced by graphql-core by GraphQL name."""
        name_of = self._strawberry.config.name_converter.from_argument
        given = {a.python_name: self.argument(a, values[name_of(a)]) for a in field.arguments if name_of(a) in values}
        if field.spec.source is Source.KEYED:
            return {a.python_name: given.get(a.python_name) for a in field.arguments}
        return given

    def input_fields(self, type_: GraphQLInputObjectType, values: Mapping[str, object]) -> dict[str, object]:
        """The attributes of a Strawberry input, from values coerced by graphql-core by GraphQL name."""
        converter, config = self._strawberry.schema_converter, self._strawberry.config
        definition: StrawberryObjectDefinition = type_.extensions[STRAWBERRY]
        given: dict[str, object] = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        for field in definition.fields:
            name = config.name_converter.from_field(field)
            if name in values:
                type_of_field = field.resolve_type(type_definition=definition)
                given[field.python_name] = convert_argument(
                    values[name], type_of_field, converter.scalar_registry, config
                )
        return given

    def runtime_type(self, abstract: str, value: object) -> str:
        """The name of the object type of a value of an interface or union; raises when there is none."""
        if not isinstance(value, OfType):
            raise TypeError(f"A value of '{abstract}' must be OfType(name, row), not {type(value).__name__}.")
        abstract_type: Any = self.schema.get_type(abstract)
        runtime = self.schema.get_type(value.name)
        if runtime is None or not self.schema.is_sub_type(abstract_type, runtime):
            raise GraphQLError(f"'{value.name}' is not a possible type for '{abstract}'.")
        return value.name
