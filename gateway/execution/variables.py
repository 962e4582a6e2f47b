"""The variables of a request, coerced as the specification says, quickly where their types are leaves."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

from graphql import (
    GraphQLID,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    VariableDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution import VariableValues
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.utilities import coerce_input_value
from graphql.utilities.coerce_input_value import coerce_default_value


class Leaves(NamedTuple):
    """Variables whose types are leaves, or lists of them."""

    each: list[tuple[str, Any, bool, bool, Any]]
    """Name, coercion, whether a string is its own value, whether it is required, and the default."""
    texts: list[str]
    """The names, when all are required strings or ids: a hundred look-ups by alias declare as many."""


class Variables:
    """The coerced values of one request; `compute` gives the same with their sources, as graphql-core wants them."""

    def __init__(self, coerced: Mapping[str, Any], compute: Callable[[], VariableValues]) -> None:
        self.coerced = coerced
        self._compute = compute

    @cached_property
    def values(self) -> VariableValues:
        return self._compute()


def leaves_of(schema: GraphQLSchema, nodes: Collection[VariableDefinitionNode]) -> Leaves | None:
    """The declared variables; None when one of them is an input object, for those graphql-core coerces."""
    leaves: list[tuple[str, Any, bool, bool, Any]] = []
    for node in nodes:
        signature = get_variable_signature(schema, node)
        if not isinstance(signature, GraphQLVariableSignature) or not is_leaf_type(get_named_type(signature.type)):
            return None
        required = is_non_null_type(signature.type)
        plain: Any = get_nullable_type(signature.type)
        coerce = plain.coerce_input_value if is_leaf_type(plain) else partial(coerce_input_value, type_=plain)
        text = plain in (GraphQLID, GraphQLString)
        leaves.append((signature.name, coerce, text, required, coerce_default_value(signature)))
    return Leaves(leaves, [leaf[0] for leaf in leaves] if all(leaf[2] and leaf[3] for leaf in leaves) else [])


def coerce_leaves(leaves: Leaves, inputs: Mapping[str, object]) -> dict[str, Any] | None:
    """The values; None when anything is wrong: graphql-core tells what."""
    if leaves.texts:
        given = [*map(inputs.get, leaves.texts)]
        if {*map(type, given)} == {str}:
            return dict(zip(leaves.texts, given, strict=True))
    coerced: dict[str, Any] = {}
    for name, coerce, text, required, default in leaves.each:
        value = inputs.get(name, Undefined)
        if text and type(value) is str:
            coerced[name] = value
        elif value is Undefined:
            if default is not Undefined:
                coerced[name] = default
            elif required:
                return None
        elif value is None:
            if required:
                return None
            coerced[name] = None
        else:
            try:
                value = coerce(value)
            except Exception:
                return None
            if value is Undefined:
                return None
            coerced[name] = value
    return coerced
