"""A compiled operation: merged selections as a tree of scopes, each an object type with what is selected of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, is_list_type, is_non_null_type

from gateway.execution.arguments import Builder, OneOfVariable
from gateway.execution.definitions import FieldDefinition
from gateway.execution.fields import Source
from gateway.execution.selection import Selection

RESOLVED = (Source.BATCHED, Source.KEYED, Source.STREAMED)


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
    abstract: bool
    single: bool
    """No list lies on the way from the root to its parent: the level has one row."""
    place: str = field(init=False)
    """Its type and name in the schema."""
    position: int = -1
    """Where the value stands among the values that the level computes before the objects; -1 when there is none."""
    excludes_null: tuple[bool, ...] = field(init=False)
    """For each list of its type from the outside in, and then for the items, whether null is excluded."""
    in_place: bool = field(init=False)
    """Its answer is made from the value where its parent's object is made, not for the level as a whole."""
    suspends: bool = field(init=False)
    """Something on the way to the value or below it may wait for I/O."""

    def __post_init__(self) -> None:
        resolved = self.definition.spec.source in RESOLVED
        below = self.scopes.values()
        self.place = f"{self.definition.parent}.{self.definition.name}"
        self.excludes_null = nesting(self.definition.type)
        to_one = len(self.excludes_null) == 1
        flat = not self.abstract and all(scope.pure for scope in below)
        # the level as a whole sees that the values of a to-one field are few and the same, and slices a page of rows
        page = self.single and not to_one
        self.in_place = not below or (flat and not page and not (resolved and to_one))
        self.suspends = (resolved and self.definition.asynchronous) or any(scope.suspends for scope in below)

    @property
    def points(self) -> int:
        """Points of a value, or of each item of a list, with what is made where the value is made."""
        below = sum(scope.points for scope in self.scopes.values()) if self.in_place else 0
        return self.definition.spec.cost + below

    @property
    def row_alone(self) -> bool:
        """No value of the level is needed: the parent's row has all."""
        return self.in_place and not self.restricted and self.definition.spec.source not in RESOLVED


@dataclass(slots=True, eq=False)
class Step:
    """Fields computed for a level together: one field, or all aliases of a keyed one."""

    fields: list[PlannedField]
    suspends: bool = field(init=False)
    selection: Selection = field(init=False)
    alike: list[list[PlannedField]] = field(init=False)
    """The fields by equal selections, which are completed together."""
    alike_made: list[OneOfVariable] | None = field(init=False)
    """The arguments of aliases of a look-up that differ in nothing but a variable."""
    alike_variables: list[str] = field(init=False)
    """Those variables."""

    def __post_init__(self) -> None:
        self.suspends = any(planned.suspends for planned in self.fields)
        self.selection = Selection()
        alike: dict[tuple[Scope, ...], list[PlannedField]] = {}
        for planned in self.fields:
            self.selection = self.selection | planned.selection
            alike.setdefault(tuple(planned.scopes.values()), []).append(planned)
        self.alike = list(alike.values())
        builders = [planned.arguments for group in self.alike for planned in group]
        made = [each for each in builders if isinstance(each, OneOfVariable)]
        same = all((each.name, each.value.recipe) == (made[0].name, made[0].value.recipe) for each in made)
        self.alike_made = made if len(made) == len(builders) and same else None
        self.alike_variables = [each.value.variable for each in made]


@dataclass(slots=True, eq=False)
class Scope:
    """An object type with the fields selected of it, in the order of the document; a key without field is the type."""

    type_name: str
    fields: Mapping[str, PlannedField | None]
    steps: list[Step]
    shape: int
    """Equal for scopes that make the same object of the same row, in whatever operation."""
    waiting: list[Step] = field(init=False)
    """The steps that may wait for I/O."""
    positions: int = field(init=False)
    lists: bool = field(init=False)
    """Some list stands in its objects or below: only their rows tell how many values they have."""
    points: int = field(init=False)
    """Points of an object, without lists and without what is made for the level as a whole."""
    many: Callable[..., list[Any]] = field(init=False)
    """Generated: `many(take, rows, *values)` makes an object of each row and its step values."""
    one: Callable[..., Any] = field(init=False)
    """Generated: `one(take, row, *values)`; `take` is that of a `Spending`."""
    share: Callable[[Any], Any] = field(init=False)
    """For a scope that is kept: the serialised object of a `Shared` row, kept on the row."""

    def __post_init__(self) -> None:
        self.waiting = [step for step in self.steps if step.suspends]
        planned = [planned for step in self.steps for planned in step.fields]
        self.positions = len(planned)
        for position, one in enumerate(planned):
            one.position = position
        fields = [field for field in self.fields.values() if field is not None]
        to_one = [field for field in fields if len(field.excludes_null) == 1]
        self.lists = len(to_one) < len(fields) or any(scope.lists for each in to_one for scope in each.scopes.values())
        self.points = len(self.fields) - len(fields) + sum(field.points for field in to_one)

    @property
    def pure(self) -> bool:
        """Its objects are made of their rows alone."""
        return not self.steps

    @property
    def kept(self) -> bool:
        """Its objects may be kept on `Shared` rows; one with lists is made, and its values are counted, each time."""
        return self.pure and not self.lists

    @property
    def suspends(self) -> bool:
        return bool(self.waiting)


@dataclass(slots=True, eq=False)
class Plan:
    """What one operation does for callers with the same restrictions and the same values of its flags."""

    type: GraphQLObjectType
    root: Scope
    scopes: list[Scope]
    """All scopes, the inner ones first."""


_numbers = count()
"""Unique in the process, as shared rows may be answered by several engines."""


@dataclass(slots=True)
class Shapes:
    """Numbers for the shapes of one schema; a shape that was forgotten gets a new one."""

    limit: int
    _known: dict[object, int] = field(default_factory=dict)

    def number(self, shape: object) -> int:
        known = self._known.get(shape)
        if known is None:
            if len(self._known) >= self.limit:
                self._known.clear()
            known = self._known[shape] = next(_numbers)
        return known


def nesting(type_: GraphQLOutputType) -> tuple[bool, ...]:
    """Whether null is excluded: for each list of a type from the outside in, and then for the items."""
    required, inner = strip(type_)
    return (required, *nesting(inner.of_type)) if is_list_type(inner) else (required,)


def strip(type_: GraphQLOutputType) -> tuple[bool, Any]:
    """Whether null is excluded, and the type without that."""
    return (True, type_.of_type) if is_non_null_type(type_) else (False, type_)
