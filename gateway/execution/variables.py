"""The variables of an operation, coerced as the specification says, quickly where their types are leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution import VariableValues, get_variable_values
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.utilities import coerce_input_value
from graphql.utilities.coerce_input_value import coerce_default_value


@dataclass(slots=True)
class Variables:
    """The coerced values of one request."""

    coerced: Mapping[str, Any]
    _schema: GraphQLSchema
    _nodes: tuple[VariableDefinitionNode, ...]
    _inputs: Mapping[str, object]
    _values: VariableValues | None = field(default=None)

    @property
    def values(self) -> VariableValues:
        """The same with their sources, as graphql-core's functions want them."""
        if self._values is None:
            values = get_variable_values(self._schema, self._nodes, dict(self._inputs))
            assert isinstance(values, VariableValues)
            self._values = values
        return self._values


class VariableDefinitions:
    """What an operation declares."""

    def __init__(self, schema: GraphQLSchema, nodes: tuple[VariableDefinitionNode, ...]) -> None:
        self._schema = schema
        self._nodes = nodes
        signatures = [get_variable_signature(schema, node) for node in nodes]
        self._leaves: list[tuple[str, Any, bool, Any]] | None = [
            (s.name, s.type, is_non_null_type(s.type), coerce_default_value(s))
            for s in signatures
            if isinstance(s, GraphQLVariableSignature) and is_leaf_type(get_named_type(s.type))
        ]
        if len(self._leaves) < len(signatures):
            self._leaves = None

    def coerce(self, inputs: Mapping[str, object]) -> Variables | list[GraphQLError]:
        """The values, or every fault of the input."""
        coerced = self._coerce_leaves(inputs)
        if coerced is not None:
            return Variables(coerced, self._schema, self._nodes, inputs)
        values = get_variable_values(self._schema, self._nodes, dict(inputs), max_errors=50, hide_suggestions=True)
        if isinstance(values, list):
            return values
        return Variables(values.coerced, self._schema, self._nodes, inputs, values)

    def _coerce_leaves(self, inputs: Mapping[str, object]) -> dict[str, Any] | None:
        """None when an input object is among them or anything is wrong: graphql-core coerces or tells what."""
        if self._leaves is None:
            return None
        coerced = {}
        for name, type_, required, default in self._leaves:
            value = inputs.get(name, Undefined)
            if value is Undefined:
                if default is not Undefined:
                    coerced[name] = default
                elif required:
                    return None
                continue
            value = coerce_input_value(value, type_)
            if value is Undefined:
                return None
            coerced[name] = value
        return coerced
