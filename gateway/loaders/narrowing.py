"""What lists hang on, and what narrows them: conditions of statements and their parameters, also outside of GraphQL."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, array

from gateway.models import metadata

_DEPARTMENTS = metadata.tables["departments"]
_IDS = ARRAY(BigInteger)
PARENT = (
    func.unnest(bindparam("parent_companies", type_=_IDS), bindparam("parent_ids", type_=_IDS))
    .table_valued(column("company_id", BigInteger), column("id", BigInteger), name="parent")
    .render_derived()
)
"""The parents of a level: `company_id` and `id`, the same for a company."""


class Parent(NamedTuple):
    """What a list hangs on. Ids are unique over all companies, so the company only says where to look."""

    company_id: int
    id: int

    @classmethod
    def of_companies(cls, ids: Iterable[int]) -> "list[Parent]":
        return [cls(id, id) for id in ids]


class Filter(NamedTuple):
    """The conditions of a listing that narrow it, by name, and their parameters."""

    names: frozenset[str] = frozenset()
    parameters: Mapping[str, object] = {}

    @classmethod
    def of(cls, given: Mapping[str, Mapping[str, object]]) -> "Filter":
        """The filter of these conditions, from the parameters of each."""
        return cls(frozenset(given), {name: value for each in given.values() for name, value in each.items()})


NO_FILTER = Filter()


def in_subtree(department: ColumnElement[Any], *tops: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows of the parent's company in one of the tops or below; without tops, in one of `:department_ids` or below."""
    tree = _DEPARTMENTS.alias("tree")
    wanted: Any = array(tops) if tops else bindparam("department_ids", type_=ARRAY(BigInteger))
    subtree = select(tree.c.id).where(tree.c.company_id == PARENT.c.company_id, wanted.overlap(tree.c.ancestor_ids))
    return department.in_(subtree.correlate(PARENT))
