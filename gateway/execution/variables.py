"""The variables of a request, coerced as the specification says, quickly where their types are leaves."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property, partial
from typing import Any

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

Leaves = list[tuple[str, Any, bool, bool, Any]]
"""Name, coercion, whether a string is its own value, whether it is required, and the default of each variable."""


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
    leaves: Leaves = []
    for node in nodes:
        signature = get_variable_signature(schema, node)
        if not isinstance(signature, GraphQLVariableSignature) or not is_leaf_type(get_named_type(signature.type)):
            return None
        required = is_non_null_type(signature.type)
        plain: Any = get_nullable_type(signature.type)
        coerce = plain.coerce_input_value if is_leaf_type(plain) else partial(coerce_input_value, type_=plain)
        text = plain in (GraphQLID, GraphQLString)
        leaves.append((signature.name, coerce, text, required, coerce_default_value(signature)))
    return leaves


def coerce_leaves(leaves: Leaves, inputs: Mapping[str, object]) -> dict[str, Any] | None:
    """The values; None when anything is wrong: graphql-core tells what."""
    coerced: dict[str, Any] = {}
    for name, coerce, text, required, default in leaves:
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
