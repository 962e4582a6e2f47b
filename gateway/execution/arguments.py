"""The arguments of a field: coerced once per plan where they are constant, by a prepared function elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLInputObjectType,
    ListValueNode,
    NameNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    parse_value,
)
from graphql.execution import VariableValues, get_argument_values
from graphql.utilities import coerce_input_literal
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryMaybe
from strawberry.types.maybe import Some

from gateway.execution.definitions import STRAWBERRY, Definitions, FieldDefinition
from gateway.execution.variables import Variables

Builder = Callable[[Variables], dict[str, Any]]
ValueBuilder = Callable[[Mapping[str, Any]], Any]
NO_VALUES = VariableValues({}, {})


class Unprepared(Exception):
    """A value that only graphql-core's own coercion decides: missing or null."""


@dataclass(frozen=True, slots=True)
class OfVariable:
    """A value that one variable makes. `recipe` is equal for values that are made alike."""

    variable: str
    make: Callable[[Any], Any]
    recipe: object

    def __call__(self, coerced: Mapping[str, Any]) -> Any:
        value = coerced.get(self.variable)
        if value is None:
            raise Unprepared
        return self.make(value)


@dataclass(frozen=True, slots=True)
class OneOfVariable:
    """The only argument of a field, made by one variable: what the aliases of a look-up by key have."""

    name: str
    value: OfVariable
    generic: Callable[[VariableValues], dict[str, Any]]

    def __call__(self, variables: Variables) -> dict[str, Any]:
        try:
            return {self.name: self.value(variables.coerced)}
        except Unprepared:
            return self.generic(variables.values)


class BadArguments(Exception):
    """The arguments of a field can't be coerced; `coerce` on its node tells why."""


def coerce(
    definitions: Definitions, definition: FieldDefinition, node: FieldNode, variables: VariableValues
) -> dict[str, Any]:
    """The keyword arguments of a resolver; raises what graphql-core and Strawberry raise."""
    values = get_argument_values(definition.graphql, node, variables, hide_suggestions=True)
    return definitions.arguments(definition, values)


def arguments_of(definitions: Definitions, definition: FieldDefinition, node: FieldNode) -> Builder:
    """A function from the request's variables to the resolver's keyword arguments; it raises `BadArguments`.

    It keeps nothing of the document's syntax tree.
    """
    if not any(_has_variable(argument.value) for argument in node.arguments or ()):
        try:
            constant = coerce(definitions, definition, node, NO_VALUES)
        except Exception:  # the request raises it again, at its place
            return _raise
        return lambda _variables: constant
    node = _without_location(node)

    def generic(variables: VariableValues) -> dict[str, Any]:
        try:
            return coerce(definitions, definition, node, variables)
        except Exception as error:
            raise BadArguments from error

    prepared = _prepared(definitions, definition, node)
    if prepared is None:
        return lambda variables: generic(variables.values)
    fixed, dynamic = prepared
    if len(dynamic) == 1 and not fixed and isinstance(dynamic[0][1], OfVariable):
        return OneOfVariable(*dynamic[0], generic)  # type: ignore[arg-type]  # the line above has looked

    def build(variables: Variables) -> dict[str, Any]:
        coerced = variables.coerced
        try:
            return {**fixed, **{name: value(coerced) for name, value in dynamic}}
        except Unprepared:
            return generic(variables.values)

    return build


def _raise(_variables: Variables) -> dict[str, Any]:
    raise BadArguments


def _without_location(node: FieldNode) -> FieldNode:
    arguments = []
    for argument in node.arguments or ():
        where = argument.value.loc
        assert where is not None
        value = parse_value(where.source.body[where.start : where.end], no_location=True)
        arguments.append(ArgumentNode(name=NameNode(value=argument.name.value), value=value))
    return FieldNode(name=NameNode(value=node.name.value), arguments=tuple(arguments))


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(map(_has_variable, node.values))
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(field.value) for field in node.fields)
    return isinstance(node, VariableNode)


def _prepared(
    definitions: Definitions, definition: FieldDefinition, node: FieldNode
) -> tuple[dict[str, Any], list[tuple[str, ValueBuilder]]] | None:
    """The constant arguments and the functions of the others; None when one of them has no prepared function."""
    dynamic = {a.name.value: a.value for a in node.arguments or () if _has_variable(a.value)}
    functions: list[tuple[str, ValueBuilder]] = []
    for argument, (name, graphql) in zip(definition.arguments, definition.graphql.args.items(), strict=True):
        if name in dynamic:
            function = _value_builder(definitions, argument, dynamic[name], graphql.type)
            if function is None:
                return None
            functions.append((argument.python_name, function))
    constant = FieldNode(
        name=node.name, arguments=tuple(a for a in node.arguments or () if a.name.value not in dynamic)
    )
    field = definition.graphql
    rest = type(field)(field.type, {name: a for name, a in field.args.items() if name not in dynamic})
    try:
        values = get_argument_values(rest, constant, NO_VALUES, hide_suggestions=True)
        fixed = definitions.arguments(definition, values)
    except Exception:  # the request raises it again, in graphql-core's order
        return None
    for name, _ in functions:
        fixed.pop(name, None)  # the arguments of a keyed field are all there
    return fixed, functions


def _as_is(value: Any) -> Any:
    return value


def _value_builder(
    definitions: Definitions, argument: StrawberryArgument, node: ValueNode, type_: Any
) -> ValueBuilder | None:
    if isinstance(node, VariableNode):
        if is_leaf_type(get_nullable_type(type_)) and not argument.is_maybe:
            return OfVariable(node.name.value, _as_is, None)
        return OfVariable(node.name.value, partial(definitions.argument, argument), id(argument))
    input_type = get_nullable_type(type_)
    if isinstance(node, ObjectValueNode) and is_input_object_type(input_type) and not argument.is_maybe:
        return _object_builder(definitions, input_type, node)
    return None


def _object_builder(
    definitions: Definitions, type_: GraphQLInputObjectType, node: ObjectValueNode
) -> ValueBuilder | None:
    """Makes the Strawberry input of an object literal whose variables stand for leaves: `{id: $id, exact: true}`."""
    declared = {field.name.value: field.value for field in node.fields}
    fixed: dict[str, Any] = {}
    dynamic: list[tuple[str, str, bool]] = []
    for name, field in type_.fields.items():
        strawberry_field = field.extensions[STRAWBERRY]
        value_node = declared.get(name)
        if isinstance(value_node, VariableNode):
            if not is_leaf_type(get_nullable_type(field.type)):
                return None
            wrapped = isinstance(strawberry_field.type, StrawberryMaybe)
            dynamic.append((strawberry_field.python_name, value_node.name.value, wrapped))
        elif value_node is not None:
            value = Undefined if _has_variable(value_node) else coerce_input_literal(value_node, field.type)
            if value is Undefined:
                return None
            fixed[name] = value
        elif field.default_value is not Undefined:
            fixed[name] = field.default_value
    origin = type_.extensions[STRAWBERRY].origin
    constant = definitions.input_fields(type_, fixed)
    if len(dynamic) == 1 and not dynamic[0][2]:
        ((only, variable, _),) = dynamic
        rest = {name: value for name, value in constant.items() if name != only}
        return OfVariable(variable, lambda value: origin(**{only: value}, **rest), (origin, only, rest))

    def make(coerced: Mapping[str, Any]) -> Any:
        given = dict(constant)
        for python_name, variable, wrapped in dynamic:
            value = coerced.get(variable)
            if value is None:
                raise Unprepared
            given[python_name] = Some(value) if wrapped else value
        return origin(**given)

    return make
