"""A compiled operation: merged selections as a tree of scopes, each an object type with what is selected of it."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetails, GroupedFieldSet

from gateway.execution.arguments import Builder, arguments_of
from gateway.execution.collect import Collector
from gateway.execution.definitions import FieldDefinition
from gateway.execution.documents import Operation
from gateway.execution.fields import Source
from gateway.execution.selection import EMPTY, Selection
from gateway.execution.variables import Variables

TYPENAME = "__typename"
RESOLVED = (Source.BATCHED, Source.KEYED, Source.STREAMED)


MAX_DEPTH = 50


class NotCovered(Exception):
    """The operation holds something that only graphql-core executes: introspection, extreme depth."""


@dataclass(slots=True, eq=False)
class PlannedField:
    """One response key of a scope."""

    key: str
    definition: FieldDefinition
    restricted: bool
    arguments: Builder
    selection: Selection
    scopes: Mapping[str, "Scope"]
    """By runtime type; empty for a leaf."""
    position: int = -1
    """Where the value stands among the values that the level computes before the objects; -1 when made in place."""

    @property
    def leaf(self) -> bool:
        return not self.scopes

    @property
    def to_one(self) -> bool:
        return not is_list_type(strip(self.definition.type)[1])

    @property
    def suspends(self) -> bool:
        """Something on the way to the value or below it may wait for I/O."""
        resolved = self.definition.spec.source in RESOLVED
        return (resolved and self.definition.asynchronous) or any(scope.suspends for scope in self.scopes.values())

    @property
    def in_place(self) -> bool:
        """The value is made of the parent's row alone, down to the leaves."""
        if self.definition.spec.source in RESOLVED or self.restricted:
            return False
        if is_abstract_type(get_named_type(self.definition.type)):
            return False
        return all(scope.pure for scope in self.scopes.values())


@dataclass(slots=True, eq=False)
class Scope:
    """An object type with the fields selected of it, in the order of the document; a key without field is the type."""

    type_name: str
    fields: Mapping[str, PlannedField | None]
    steps: list[list[PlannedField]]
    """Fields computed for the whole level; those of one step share one call of their keyed resolver."""
    shape: int
    """Equal for scopes that make the same object of the same row, in whatever operation."""
    many: Any = None
    """Generated: `many(rows, *values)` makes an object of each row and its step values."""
    one: Any = None
    """Generated: `one(row, *values)`."""
    share: Any = None
    """For a pure scope: the serialised object of a `Shared` row, kept on the row."""

    @property
    def pure(self) -> bool:
        return not self.steps

    @property
    def suspends(self) -> bool:
        return any(field.suspends for step in self.steps for field in step)

    @property
    def positions(self) -> int:
        return sum(map(len, self.steps))


@dataclass(slots=True, eq=False)
class Plan:
    """What one operation does for callers with the same restrictions and the same values of its flags."""

    operation: Operation
    type: GraphQLObjectType
    root: Scope
    scopes: list[Scope]
    """All scopes, the inner ones first."""


@dataclass(slots=True)
class Shapes:
    """Numbers for shapes; a shape that was forgotten gets a new one."""

    limit: int
    _known: dict[object, int] = field(default_factory=dict)
    _next: Iterator[int] = field(default_factory=count)

    def number(self, shape: object) -> int:
        known = self._known.get(shape)
        if known is None:
            if len(self._known) >= self.limit:
                self._known.clear()
            known = self._known[shape] = next(self._next)
        return known


class Planner:
    """Merges the selections of one operation into scopes; equal selections become one scope."""

    def __init__(self, collector: Collector, restricted: Set[Enum], shapes: Shapes) -> None:
        self._collector = collector
        self._definitions = collector.definitions
        self._restricted = restricted
        self._shapes = shapes
        self._scopes: dict[object, Scope] = {}
        self._depth = 0

    def plan(self) -> Plan:
        operation = self._collector.operation
        type_ = self._definitions.schema.get_root_type(operation.type)
        assert type_ is not None
        root = self._scope(type_, self._collector.root(type_), serial=operation.type is OperationType.MUTATION)
        return Plan(operation, type_, root, list(self._scopes.values()))

    def _scope(self, type_: GraphQLObjectType, grouped: GroupedFieldSet, *, serial: bool = False) -> Scope:
        fields: dict[str, PlannedField | None] = {}
        identity: list[object] = [type_.name]
        for key, details in grouped.items():
            node = details[0].node
            if node.name.value == TYPENAME:
                fields[key] = None
                identity.append(key)
                continue
            definition = self._definitions.find(type_.name, node.name.value)
            if definition is None:
                raise NotCovered(node.name.value)
            planned = fields[key] = self._field(key, definition, details)
            identity.append((key, definition.name, _text(details), tuple(map(id, planned.scopes.values()))))
        known = self._scopes.get(tuple(identity))
        if known is not None:
            return known
        steps = _steps([f for f in fields.values() if f and not f.in_place], serial)
        scope = Scope(type_.name, fields, steps, self._shape(type_, fields))
        for position, planned in enumerate(f for step in steps for f in step):
            planned.position = position
        self._scopes[tuple(identity)] = scope
        return scope

    def _field(self, key: str, definition: FieldDefinition, details: list[FieldDetails]) -> PlannedField:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotCovered("deeper than the stack allows")
        possible = self._definitions.possible(get_named_type(definition.type))
        scopes = {name: self._scope(type_, self._collector.below(type_, details)) for name, type_ in possible.items()}
        self._depth -= 1
        resolved = definition.spec.source in RESOLVED
        return PlannedField(
            key,
            definition,
            definition.spec.requires in self._restricted,
            arguments_of(self._definitions, definition, details[0].node) if resolved else _no_arguments,
            self._collector.selection(definition, details) if resolved else EMPTY,
            scopes,
        )

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


def _steps(fields: list[PlannedField], serial: bool) -> list[list[PlannedField]]:
    steps: list[list[PlannedField]] = []
    keyed: dict[FieldDefinition, list[PlannedField]] = {}
    for planned in fields:
        if planned.definition.spec.source is Source.KEYED and not serial:
            step = keyed.setdefault(planned.definition, [])
            if not step:
                steps.append(step)
            step.append(planned)
        else:
            steps.append([planned])
    return steps


def strip(type_: GraphQLOutputType) -> tuple[bool, Any]:
    """Whether null is excluded, and the type without that."""
    return (True, type_.of_type) if is_non_null_type(type_) else (False, type_)
