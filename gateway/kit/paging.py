"""Pages of a list: what `first, after, last, before` ask for, opaque keyset cursors, and the slice that answers."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import orjson

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text

DEFAULT_SIZE = 50
MAXIMUM_SIZE = 1_000

TOO_FEW = Text(
    en="{argument} is {given}; ask for 1 to {maximum:,} rows.",
    ru="{argument} равен {given}; запросите от 1 до {maximum:,} {maximum:строки|строк|строк}.",
)
TOO_MANY = Text(
    en="{argument} is {given:,}; ask for at most {maximum:,} rows at a time, then go on from the page's {cursor}.",
    ru="{argument} равен {given:,}; запрашивайте не больше {maximum:,} {maximum:строки|строк|строк} за раз "
    "и продолжайте от {cursor} страницы.",
)
BOTH_WAYS = Text(
    en="first and after page forwards, last and before backwards; they can't be mixed. Leave out {argument}.",
    ru="first и after листают вперёд, last и before — назад; смешивать их нельзя. Уберите {argument}.",
)
NO_CURSOR = Text(
    en="{argument} is not a cursor of this version. Take cursors from answers as they are, or leave {argument} out to "
    "begin anew.",
    ru="{argument} — не курсор этой версии. Берите курсоры из ответов без изменений или уберите {argument}, чтобы "
    "начать сначала.",
)
OTHER_ORDER = Text(
    en="{argument} holds the cursor of another list or another order. Leave it out to begin anew in this order.",
    ru="{argument} содержит курсор другого списка или порядка. Уберите его, чтобы начать сначала в этом порядке.",
)

_VERSION = "1"
_LONGEST_CURSOR = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Row(Protocol):
    """Anything that answers `row["column"]`."""

    def __getitem__(self, column: str, /) -> Any: ...


R = TypeVar("R", bound=Row)


class Shape(NamedTuple):
    """What of a page changes the text of a statement; everything else is a parameter."""

    backward: bool
    resumed: bool


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """The rows of one page in the order of the list, and whether there are more on either side."""

    rows: Sequence[R]
    has_next_page: bool
    has_previous_page: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was asked for: `size` rows after `cursor`, or before it when `backward`; without it, from the end."""

    size: int = DEFAULT_SIZE
    backward: bool = False
    cursor: str | None = None

    @classmethod
    def of(
        cls,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        *,
        maximum: int = MAXIMUM_SIZE,
    ) -> "Page":
        """The page that a field's arguments mean. Raises `Refusal` INVALID or TOO_LARGE that names the argument."""
        forward, backward = (first, after) != (None, None), (last, before) != (None, None)
        if forward and backward:
            surplus = "before" if last is None else "last"
            raise Refusal(ErrorCode.INVALID, BOTH_WAYS(argument=surplus), (surplus,))
        argument, size = ("last", last) if backward else ("first", first)
        if size is None:
            size = min(DEFAULT_SIZE, maximum)
        if size < 1:
            raise Refusal(ErrorCode.INVALID, TOO_FEW(argument=argument, given=size, maximum=maximum), (argument,))
        if size > maximum:
            cursor = "startCursor" if backward else "endCursor"
            message = TOO_MANY(argument=argument, given=size, maximum=maximum, cursor=cursor)
            raise Refusal(ErrorCode.TOO_LARGE, message, (argument,))
        return cls(size, backward, before if backward else after)

    @property
    def shape(self) -> Shape:
        return Shape(self.backward, self.cursor is not None)

    def slice(self, fetched: Sequence[R]) -> Slice[R]:
        """The slice out of what a statement has fetched: up to `size` + 1 rows, in the direction of the scan."""
        more = len(fetched) > self.size
        rows = fetched[: self.size] if more else fetched
        resumed = self.cursor is not None
        if self.backward:
            return Slice(rows[::-1], has_next_page=resumed, has_previous_page=more)
        return Slice(rows, has_next_page=more, has_previous_page=resumed)


@dataclass(frozen=True, eq=False)
class Keyset:
    """
    An order of a list: the columns whose values say where a row stands, the last of them unique.

    `columns` maps the rows' columns to `int` (64 bits), `str` or `datetime` (aware). They are never null: a list that
    is ordered by a nullable column orders by `coalesce(…)` and its rows carry that. All columns run in one direction,
    so that the rows after a cursor are one row comparison, which an index answers.
    """

    name: str
    columns: Mapping[str, type[int] | type[str] | type[datetime]]
    descending: bool = False
    _prefix: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kinds = ",".join(f"{column}:{kind.__name__}" for column, kind in self.columns.items())
        order = f"{self.name}({kinds}){'-' if self.descending else '+'}"
        digest = hashlib.blake2s(order.encode(), digest_size=3).digest()
        object.__setattr__(self, "_prefix", _VERSION + base64.urlsafe_b64encode(digest).decode())

    def cursor(self, row: Row) -> str:
        """The opaque cursor of a row."""
        values = [row[column] for column in self.columns]
        if None in values:
            raise TypeError(f"a key column of {self.name} is null in {row!r}")
        packed = orjson.dumps([(v - _EPOCH) // _MICROSECOND if isinstance(v, datetime) else v for v in values])
        return self._prefix + base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def parameters(self, page: Page) -> dict[str, object]:
        """The parameters of a statement that seeks this page. Raises `Refusal` INVALID for a wrong cursor."""
        parameters: dict[str, object] = {"page_rows": page.size + 1}
        position = self._position(page)
        if position is not None:
            parameters |= {f"seek_{column}": value for column, value in zip(self.columns, position, strict=True)}
        return parameters

    def take(self, rows: Iterable[R], page: Page) -> Slice[R]:
        """The page out of all rows, which stand in memory in this order."""
        scan = list(rows)
        if page.backward:
            scan.reverse()
        position = self._position(page)
        if position is not None:
            ascending = self.descending == page.backward
            keys = [tuple(row[column] for column in self.columns) for row in scan]
            scan = [
                row for row, key in zip(scan, keys, strict=True) if (key > position if ascending else key < position)
            ]
        return page.slice(scan[: page.size + 1])

    def page_info(self, part: Slice[R]) -> dict[str, object]:
        """Where a page begins and ends, with its cursors."""
        return {
            "has_next_page": part.has_next_page,
            "has_previous_page": part.has_previous_page,
            "start_cursor": self.cursor(part.rows[0]) if part.rows else None,
            "end_cursor": self.cursor(part.rows[-1]) if part.rows else None,
        }

    def _position(self, page: Page) -> tuple[Any, ...] | None:
        if page.cursor is None:
            return None
        argument = "before" if page.backward else "after"
        if not page.cursor.startswith(_VERSION) or len(page.cursor) > _LONGEST_CURSOR:
            raise Refusal(ErrorCode.INVALID, NO_CURSOR(argument=argument), (argument,))
        if not page.cursor.startswith(self._prefix):
            raise Refusal(ErrorCode.INVALID, OTHER_ORDER(argument=argument), (argument,))
        try:
            packed = page.cursor[len(self._prefix) :]
            values = orjson.loads(base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True))
            return tuple(_unpacked(kind, value) for kind, value in zip(self.columns.values(), values, strict=True))
        except (binascii.Error, ValueError, TypeError, OverflowError):
            raise Refusal(ErrorCode.INVALID, NO_CURSOR(argument=argument), (argument,)) from None


def _unpacked(kind: type, value: object) -> int | str | datetime:
    """The value of a key column; a forged one must not reach the database, which would fail on it."""
    if kind is str and type(value) is str and "\0" not in value:
        return value
    if kind is int and type(value) is int and -(2**63) <= value < 2**63:
        return value
    if kind is datetime and type(value) is int:
        return _EPOCH + value * _MICROSECOND
    raise ValueError("no value of this column")
