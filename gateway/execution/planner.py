"""Makes the plan of an operation: merges its selections into scopes; equal selections become one scope."""

from collections.abc import Mapping, Set
from enum import Enum
from typing import Any

from graphql import GraphQLObjectType, OperationType, is_abstract_type
from graphql.execution.collect_fields import FieldDetails, GroupedFieldSet

from gateway.execution.arguments import arguments_of
from gateway.execution.collect import Collector
from gateway.execution.definitions import FieldDefinition
from gateway.execution.fields import Source
from gateway.execution.plan import RESOLVED, Plan, PlannedField, Scope, Shapes, Step, nesting
from gateway.execution.selection import EMPTY
from gateway.execution.variables import Variables

TYPENAME = "__typename"
MAX_DEPTH = 50


class NotCovered(Exception):
    """The operation holds something that only graphql-core executes: introspection beside data, extreme depth."""


class Planner:
    """The plan of one operation for given flags and restrictions."""

    def __init__(self, collector: Collector, restricted: Set[Enum], shapes: Shapes) -> None:
        self._collector = collector
        self._definitions = collector.definitions
        self._serial = collector.operation.operation is OperationType.MUTATION
        self._restricted = restricted
        self._shapes = shapes
        self._scopes: dict[object, Scope] = {}
        """By content."""
        self._known: dict[tuple[str, bool, tuple[int, ...]], Scope] = {}
        """By the nodes whose selections are merged: a fragment that is spread often is planned once."""
        self._depth = 0

    def plan(self) -> Plan:
        type_ = self._definitions.schema.get_root_type(self._collector.operation.operation)
        assert type_ is not None
        root = self._scope(type_, self._collector.root(type_), single=True)
        return Plan(type_, root, list(self._scopes.values()))

    def _scope(self, type_: GraphQLObjectType, grouped: GroupedFieldSet, single: bool) -> Scope:
        fields: dict[str, PlannedField | None] = {}
        identity: list[object] = [type_.name, single]
        for key, details in grouped.items():
            name = details[0].node.name.value
            if name == TYPENAME:
                fields[key] = None
                identity.append(key)
                continue
            definition = self._definitions.find(type_.name, name)
            if definition is None:
                raise NotCovered(name)
            planned = fields[key] = self._field(key, definition, details, single)
            identity.append((key, name, _text(details), tuple(map(id, planned.scopes.values()))))
        scope = self._scopes.get(tuple(identity))
        if scope is None:
            needing_values = [planned for planned in fields.values() if planned and not planned.row_alone]
            scope = Scope(type_.name, fields, self._steps(needing_values), self._shape(type_, fields))
            self._scopes[tuple(identity)] = scope
        return scope

    def _below(self, type_: GraphQLObjectType, details: list[FieldDetails], single: bool) -> Scope:
        nodes = (type_.name, single, tuple(id(detail.node) for detail in details))
        scope = self._known.get(nodes)
        if scope is None:
            scope = self._known[nodes] = self._scope(type_, self._collector.below(type_, details), single)
        return scope

    def _field(self, key: str, definition: FieldDefinition, details: list[FieldDetails], single: bool) -> PlannedField:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotCovered("deeper than the stack allows")
        named = definition.named
        below = single and len(nesting(definition.type)) == 1
        scopes = {name: self._below(type_, details, below) for name, type_ in self._definitions.possible(named).items()}
        self._depth -= 1
        resolved = definition.spec.source in RESOLVED
        return PlannedField(
            key,
            definition,
            definition.spec.requires in self._restricted,
            arguments_of(self._definitions, definition, details[0].node) if resolved else _no_arguments,
            self._collector.selection(definition, details) if resolved else EMPTY,
            scopes,
            is_abstract_type(named),
            single,
        )

    def _steps(self, fields: list[PlannedField]) -> list[Step]:
        groups: dict[object, list[PlannedField]] = {}
        for planned in fields:
            alone = self._serial and self._depth == 0  # a mutation's fields run one after another
            together = planned.definition.spec.source is Source.KEYED and not alone
            groups.setdefault(planned.definition if together else planned, []).append(planned)
        return [Step(group) for group in groups.values()]

    def _shape(self, type_: GraphQLObjectType, fields: Mapping[str, PlannedField | None]) -> int:
        parts = tuple(
            (key, planned.definition.name, tuple(scope.shape for scope in planned.scopes.values()))
            if planned
            else (key, TYPENAME, ())
            for key, planned in fields.items()
        )
        return self._shapes.number((type_.name, parts))


def _no_arguments(_variables: Variables) -> dict[str, Any]:
    return {}


def _text(details: list[FieldDetails]) -> str:
    """The arguments as they are written: within one operation the same text means the same values."""
    arguments = details[0].node.arguments
    if not arguments:
        return ""
    first, last = arguments[0].loc, arguments[-1].loc
    assert first is not None
    assert last is not None
    return first.source.body[first.start : last.end]
