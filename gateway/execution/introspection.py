"""The schema about itself, for operations that ask for nothing else: each selection becomes a function of a value.

graphql-core completes value after value with all that data may need; the usual 17,000 held the event loop too long.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    default_field_resolver,
    is_leaf_type,
    is_list_type,
)
from graphql.execution import Executor, VariableValues, get_argument_values
from graphql.execution.collect_fields import FieldDetails, GroupedFieldSet

from gateway.execution.collect import Collector
from gateway.execution.plan import strip

Make = Callable[[Any], Any]

_META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef, "__typename": TypeNameMetaFieldDef}


def introspect(collector: Collector, variables: VariableValues) -> dict[str, Any] | None:
    """The answer; None where the operation asks for more than the schema, or graphql-core has to say what is wrong."""
    root = collector.definitions.schema.get_root_type(collector.operation.operation)
    assert root is not None
    fields = collector.root(root)
    if not all(details[0].node.name.value in _META for details in fields.values()):
        return None
    try:
        answer: dict[str, Any] = _Makers(collector, variables).object(root, fields)(None)
    except GraphQLError:
        return None
    return answer


class _Makers:
    """Makes the functions; one for all places with the same selection."""

    def __init__(self, collector: Collector, variables: VariableValues) -> None:
        self._collector = collector
        self._variables = variables
        self._known: dict[tuple[str, tuple[int, ...]], Make] = {}

    def object(self, type_: GraphQLObjectType, fields: GroupedFieldSet) -> Make:
        """The object of a value, field by field."""
        info: Any = SimpleNamespace(schema=self._collector.definitions.schema, parent_type=type_)
        parts = []
        for key, details in fields.items():
            node = details[0].node
            field = _META.get(node.name.value) or type_.fields[node.name.value]
            arguments = get_argument_values(field, node, self._variables, hide_suggestions=True)
            resolve = field.resolve or default_field_resolver
            parts.append((key, resolve, arguments, self._completed(field.type, details)))
        return lambda value: {key: complete(resolve(value, info, **given)) for key, resolve, given, complete in parts}

    def _completed(self, type_: GraphQLOutputType, details: list[FieldDetails]) -> Make:
        _, inner = strip(type_)
        if is_list_type(inner):
            item = self._completed(inner.of_type, details)
            return lambda values: None if values is None else [item(value) for value in values]
        if is_leaf_type(inner):
            return lambda value: (
                value if value is None or type(value) in (str, bool) else Executor.complete_leaf_value(inner, value)
            )
        key = (inner.name, tuple(id(detail.node) for detail in details))
        make = self._known.get(key)
        if make is None:
            make = self._known[key] = self.object(inner, self._collector.below(inner, details))
        return lambda value: None if value is None else make(value)
