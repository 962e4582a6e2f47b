"""Statements, rendered once to what PostgreSQL takes, and the tenant as which they run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, ClauseElement, ScalarSelect, Select, Text, bindparam, func, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine


def as_is(value: object) -> object:
    """In the place of a serialiser: the driver's own codec makes JSON of objects."""
    return value


_DIALECT = create_async_engine("postgresql+asyncpg://", json_serializer=as_is).dialect


def _processor(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes a parameter of a value; None where the driver takes it as it is."""
    if isinstance(type_, ARRAY) and _processor(type_.item_type) is None:
        return None  # SQLAlchemy would copy the list, item by item
    return type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def assume(*, local: bool) -> Select[tuple[str]]:
    """Makes the session, or only its transaction, that of the tenant whose setting is `:tenant_setting`."""
    return select(func.set_config("gateway.companies", bindparam("tenant_setting", type_=Text), local))


_TOTALS = frozenset({"array_agg", "avg", "bool_and", "bool_or", "count", "max", "min", "string_agg", "sum"})


def _totals(element: ClauseElement) -> bool:
    """Whether a column of a query is a total, which is there also where the query's condition is found false."""
    if isinstance(element, SelectBase | ScalarSelect):
        return False
    if isinstance(element, FunctionElement) and element.name in _TOTALS:
        return True
    return any(_totals(child) for child in element.get_children())


class Statement:
    """A `select()`, `insert()`, `update()`, `delete()` or `text()`, rendered once to PostgreSQL's `$1` form.

    Values inside the construct are constants of the statement; each `bindparam("name")` is a parameter of a call.
    JSONB parameters are plain Python objects; lists are `any_(bindparam("ids", type_=ARRAY(BigInteger)))`, not IN.
    """

    __slots__ = (
        *("_assumable", "_assuming", "_construct", "_known", "_order", "_processors", "_required", "_values"),
        "sql",
    )

    def __init__(self, construct: ClauseElement) -> None:
        self._construct = construct
        self._assuming: Statement | None = None
        self._assumable = isinstance(construct, Select) and not any(map(_totals, construct.selected_columns))
        compiled = construct.compile(dialect=_DIALECT)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("a statement is a query or a change of rows, not a change of tables")
        if compiled.prefetch:
            raise TypeError(
                f"give a value for {[column.key for column in compiled.prefetch]}: Python-side defaults do not apply"
            )
        named = {name: bind for name, bind in compiled.binds.items() if not bind.unique}
        self._known = frozenset(named)
        self._required = frozenset(name for name, bind in named.items() if bind.required)
        if lists := sorted(name for name in self._required if named[name].expanding):
            raise TypeError(f"{lists} would change the text with each call: use any_() with an ARRAY instead of IN")
        rendered = compiled.construct_expanded_state(dict.fromkeys(self._required))
        self.sql = rendered.statement
        self._order = tuple(rendered.positiontup or ())
        self._values = {name: rendered.parameters[name] for name in self._order}
        self._processors = {
            name: process
            for name, bind in compiled.binds.items()
            if name in self._values and (process := _processor(bind.type)) is not None
        }

    @property
    def assuming(self) -> "Statement | None":
        """The same query, which first makes the session that of `:tenant_setting`; None where this is no query, and for
        totals: they come also where another condition was found false before, and the session is not that tenant's.

        PostgreSQL evaluates a condition without columns once, above everything else, before it reads any row: so the
        policies of the tables read below it see the new setting.
        """
        if self._assuming is None and self._assumable:
            assert isinstance(self._construct, Select)
            self._assuming = Statement(self._construct.where(assume(local=False).scalar_subquery().is_not(None)))
        return self._assuming

    def arguments(self, given: dict[str, object]) -> list[object]:
        """The values for `$1`, `$2`, …; a TypeError names the parameters that are missing or unknown."""
        if not self._required <= given.keys() <= self._known:
            missing, unknown = sorted(self._required - given.keys()), sorted(given.keys() - self._known)
            raise TypeError(f"parameters missing: {missing}, unknown: {unknown}, in {self.sql}")
        values = self._values | given
        for name, process in self._processors.items():
            values[name] = process(values[name])
        return [values[name] for name in self._order]


@dataclass(frozen=True, slots=True)
class Tenant:
    """The companies whose rows a caller may see; none, the default, sees no row of any company."""

    companies: tuple[int, ...] = ()
    setting: str = field(init=False, repr=False, compare=False)
    """What row-level security reads as `gateway.companies`: a PostgreSQL array."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "setting", "{" + ",".join(str(int(company)) for company in self.companies) + "}")
