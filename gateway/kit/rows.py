"""What resolvers hand to the engine: rows, shared rows, rows of a named type."""

from typing import Any, NoReturn, Protocol

import orjson


class Row(Protocol):
    """Anything that answers `row["column"]`: a database record, a dict, a `Shared` row."""

    def __getitem__(self, column: str, /) -> Any: ...


class Shared(dict[str, Any]):
    """An immutable row that lives longer than a request and stands in many answers: an entry of a catalogue.

    Equal and hashable by identity. The engine keeps its serialised forms on the row itself, so that they die with it.
    """

    __slots__ = ("fragments",)
    fragments: dict[int, orjson.Fragment]

    def __init__(self, *args: Any, **columns: Any) -> None:
        super().__init__(*args, **columns)
        self.fragments = {}

    __hash__ = object.__hash__  # type: ignore[assignment]  # dict is typed as unhashable
    __eq__ = object.__eq__
    __ne__ = object.__ne__

    def _immutable(self, *args: object, **columns: object) -> NoReturn:
        raise TypeError("a Shared row is immutable")

    __setitem__ = __delitem__ = __ior__ = _immutable
    clear = pop = popitem = setdefault = update = _immutable


class OfType:
    """A row with the GraphQL name of its type: what a field of an interface or union type answers."""

    __slots__ = ("name", "row")

    def __init__(self, name: str, row: Any) -> None:
        self.name = name
        self.row = row

    def __repr__(self) -> str:
        return f"OfType({self.name!r}, {self.row!r})"
