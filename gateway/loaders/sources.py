"""What reads know of a table: how its columns are called, and which of its rows a caller may see."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Table, and_

from authz.actions import Action
from authz.principal import Principal
from authz.scope import Scope, Shape, scope

Columns = Mapping[str, ColumnElement[Any]]


class Reach(Enum):
    """Who sees a row: whoever holds the action …"""

    THERE = "at the row's own department, or at the company for a row that has none"
    WHOLE = "for the whole company"
    ANYWHERE = "anywhere in the company"


def _as_it_is(in_scope: ColumnElement[bool]) -> ColumnElement[bool]:
    return in_scope


@dataclass(frozen=True, eq=False)
class Source:
    """A table as it is read. `columns` may hold expressions beside the table's own columns, under names of their own.

    `company` and `department` say where a row stands; only with `Reach.THERE` the department counts. Without an action
    whoever holds anything in the company sees the row: for what hangs on rows that are guarded themselves. `seen` turns
    the condition that a place is in scope into the one that a row is seen.
    """

    action: Action | None
    columns: Columns
    company: ColumnElement[Any]
    department: ColumnElement[Any] | None = None
    reach: Reach = Reach.THERE
    seen: Callable[[ColumnElement[bool]], ColumnElement[bool]] = _as_it_is

    def scope(self, principal: Principal | None) -> Scope:
        """Where the caller may see rows of this table; a stranger nowhere."""
        if principal is None:
            return Scope()
        if self.action is None:
            return Scope(principal.companies)
        held = scope(principal, self.action)
        match self.reach:
            case Reach.THERE:
                return held
            case Reach.WHOLE:
                return held.whole
            case Reach.ANYWHERE:
                return held.anywhere

    def visible(self, shape: Shape, company: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
        """Which rows the caller sees; with `company`, of those that stand in that one.

        The scope filters and never chooses an index. Row-level security already compares the company; a second
        comparison would be multiplied into the planner's estimate, so that any index that begins with the company looks
        as good as the right one: 1,000 numbers by id took 13 ms instead of 0.4.
        """
        if company is None:
            return self.seen(shape.where(self.company, self.department).is_(True))
        return self.seen(and_(self.company == company, shape.where(company, self.department).is_(True)))

    def select(self, names: Iterable[str]) -> list[ColumnElement[Any]]:
        """The columns of these names, in an order that depends on nothing else."""
        return [self.columns[name].label(name) for name in sorted(names)]


def columns_of(table: Table, **expressions: ColumnElement[Any]) -> Columns:
    """The table's columns by name, and expressions over them."""
    return {**{column.name: column for column in table.columns}, **expressions}
