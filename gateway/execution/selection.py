"""What a resolver is told about the operation: the request's context and what is selected below its field."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic

from typing_extensions import TypeVar

Context = TypeVar("Context", default=Any)


class Selection:
    """What is selected of the rows that a field answers: a constant of a compiled operation, equal by content."""

    __slots__ = ("_hash", "columns", "fields", "types")
    columns: frozenset[str]
    """Columns that the selected fields need of a row, over all types of row."""
    fields: Mapping[str, "Selection"]
    """Selected fields by GraphQL name with what is selected below them, over all types of row; aliases are merged."""
    types: Mapping[str, "Selection"]
    """For an interface or union: the selection by type of row."""

    def __init__(
        self,
        columns: frozenset[str] = frozenset(),
        fields: Mapping[str, "Selection"] = MappingProxyType({}),
        types: Mapping[str, "Selection"] = MappingProxyType({}),
    ) -> None:
        self.columns = columns
        self.fields = fields
        self.types = types
        self._hash = hash((columns, frozenset(fields.items()), frozenset(types.items())))

    def has(self, name: str) -> bool:
        """Is a child of that GraphQL name selected."""
        return name in self.fields

    def at(self, *path: str) -> "Selection":
        """The selection at a path of GraphQL names; empty when the path is not selected."""
        selection = self
        for name in path:
            selection = selection.fields.get(name, EMPTY)
        return selection

    def of_type(self, name: str) -> "Selection":
        """What is selected of rows of that type; empty when nothing is."""
        return self.types.get(name, EMPTY)

    def __or__(self, other: "Selection") -> "Selection":
        if self is EMPTY or self == other:
            return other
        if other is EMPTY:
            return self
        return Selection(
            self.columns | other.columns, _merged(self.fields, other.fields), _merged(self.types, other.types)
        )

    def __bool__(self) -> bool:
        return bool(self.fields or self.types)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Selection)
            and self._hash == other._hash
            and (self.columns, self.fields, self.types) == (other.columns, other.fields, other.types)
        )

    def __repr__(self) -> str:
        return f"Selection(columns={sorted(self.columns)}, fields={dict(self.fields)}, types={dict(self.types)})"


EMPTY = Selection()


def _merged(one: Mapping[str, Selection], other: Mapping[str, Selection]) -> dict[str, Selection]:
    return {**one, **{name: one.get(name, EMPTY) | selection for name, selection in other.items()}}


@dataclass(slots=True)
class Info(Generic[Context]):
    """The second argument of every resolver."""

    context: Context
    selection: Selection


@dataclass(slots=True)
class StreamInfo(Info[Context]):
    """The first argument of every source of events."""

    renew: Callable[[], Awaitable[Context]]
    """Gives a fresh context, with the rights that are held by now; raises when the stream has to end."""
