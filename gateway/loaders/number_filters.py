"""What a filter of numbers asks for, as conditions of a statement and their parameters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    String,
    all_,
    and_,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from authz.actions import Action
from authz.principal import Principal
from authz.scope import Scope, Shape, scope
from gateway.kit.errors import InvalidValue
from gateway.kit.phones import msisdn_prefix, msisdn_suffix
from gateway.loaders.narrowing import Filter, in_subtree
from gateway.loaders.search import patterns
from gateway.models import metadata
from gateway.models.numbers import NumberStatus

_NUMBERS = metadata.tables["numbers"]
_LINKS = metadata.tables["connected_options"]


def _list(name: str, kind: TypeEngine[Any]) -> Any:
    return bindparam(name, type_=ARRAY(kind))


def _text(name: str) -> Any:
    return bindparam(name, type_=String)


def _begins(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """A range instead of LIKE, which row-level security keeps from its index."""
    return and_(column >= _text(name), column < _text(f"{name}_end"))


_EMPLOYEES = metadata.tables["employees"]
_SHOWN = "employees"
"""How the parameters of the scope of those employees begin who are shown."""


def partly_shown(principal: Principal | None) -> Scope | None:
    """Where employees are shown, to somebody who is not shown those of all numbers that they see."""
    if principal is None:
        return None
    employees, numbers = scope(principal, Action.EMPLOYEE_READ), scope(principal, Action.NUMBER_READ)
    return None if employees == numbers and numbers.shape is Shape.COMPANIES else employees


def employee_shown(shape: Shape) -> ColumnElement[bool]:
    """Whether the employee of a number is in the scope whose parameters are `shown_parameters`."""
    there = shape.where(_EMPLOYEES.c.company_id, _EMPLOYEES.c.department_id, _SHOWN)
    same = _EMPLOYEES.c.company_id == _NUMBERS.c.company_id, _EMPLOYEES.c.id == _NUMBERS.c.employee_id
    return exists().where(*same, there.is_(True)).correlate(_NUMBERS)


def shown_parameters(shown: Scope) -> Mapping[str, object]:
    return shown.named(_SHOWN)


_BANS = metadata.tables["service_bans"]
BANNED: Any = func.array(
    select(_BANS.c.kind)
    .where(_BANS.c.company_id == _NUMBERS.c.company_id, _BANS.c.number_id == _NUMBERS.c.id)
    .correlate(_NUMBERS)
    .scalar_subquery(),
    type_=ARRAY(String),
)
"""The banned kinds of communication of a number."""

OPTION_IDS: Any = func.array(
    select(_LINKS.c.option_id)
    .where(_LINKS.c.company_id == _NUMBERS.c.company_id, _LINKS.c.number_id == _NUMBERS.c.id)
    .order_by(_LINKS.c.option_id)
    .correlate(_NUMBERS)
    .scalar_subquery(),
    type_=ARRAY(BigInteger),
)
"""The connected options of a number, ascending.

A filter compares the whole array: about 2 µs a number whatever it asks for. Joins and sub-queries on single options
were quicker for some filters and took seconds for others.
"""

_COMPANIES = metadata.tables["companies"]


def local_day(moment: ColumnElement[datetime]) -> ColumnElement[date]:
    """The day of a moment where the company is, of a statement that has its row."""
    return type_coerce(func.date(func.timezone(_COMPANIES.c.time_zone, moment)), Date)


_TURNS_PAID = (
    exists()
    .where(
        _LINKS.c.company_id == _NUMBERS.c.company_id,
        _LINKS.c.number_id == _NUMBERS.c.id,
        _COMPANIES.c.id == _NUMBERS.c.company_id,
        _LINKS.c.promo_ends_at > func.now(),
        local_day(_LINKS.c.promo_ends_at).between(
            bindparam("promo_from", type_=Date), bindparam("promo_to", type_=Date)
        ),
        _LINKS.c.disconnects_at.is_not(None) == any_(_list("promo_guarded", Boolean())),
        func.coalesce(_LINKS.c.option_id == any_(_list("promo_option_ids", BigInteger())), true()),
    )
    .correlate(_NUMBERS)
)

_WORDS = all_(_list("words", String()))
_USED_BY = _NUMBERS.c.employee_id == bindparam("employee_id", type_=BigInteger)
_WITHOUT_EMPLOYEE = func.fold(func.coalesce(_NUMBERS.c.label, "")).concat(" ").concat(_NUMBERS.c.msisdn)

CONDITIONS: dict[str, ColumnElement[bool]] = {
    "prefix": _begins(_NUMBERS.c.msisdn, "prefix"),
    "suffix": _begins(_NUMBERS.c.msisdn_reversed, "suffix"),
    "search": _NUMBERS.c.search_text.like(_WORDS),
    **{
        f"search, {shape}": or_(
            _WITHOUT_EMPLOYEE.like(_WORDS), and_(_NUMBERS.c.search_text.like(_WORDS), employee_shown(shape))
        )
        for shape in Shape
    },
    "status": _NUMBERS.c.status == any_(_list("statuses", String())),
    "kind": _NUMBERS.c.kind == any_(_list("kinds", String())),
    "tariffs": _NUMBERS.c.tariff_id == any_(_list("tariff_ids", BigInteger())),
    "options": OPTION_IDS.contains(_list("option_ids", BigInteger())),
    "without_options": ~OPTION_IDS.overlap(_list("without_option_ids", BigInteger())),
    "departments": in_subtree(_NUMBERS.c.department_id),
    "employee": _USED_BY,
    **{f"employee, {shape}": and_(_USED_BY, employee_shown(shape)) for shape in Shape},
    "unassigned": _NUMBERS.c.employee_id.is_(None),
    "assigned": _NUMBERS.c.employee_id.is_not(None),
    "promo": and_(_NUMBERS.c.status != NumberStatus.CLOSED.value, _TURNS_PAID),
    "updated_since": _NUMBERS.c.updated_at >= bindparam("updated_since", type_=DateTime(timezone=True)),
}
"""By name; they stand in a statement over the table `numbers` below `PARENT`. Those that go by employees have another
name for each shape of the scope where the caller is shown employees, unless those of all numbers are shown.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoFilter:
    """Options that turn paid from the day `since` to the day `until` of the company's zone, both included, of these or
    any; those that have a guard of their own, or the others. None does not narrow.
    """

    option_ids: Sequence[int] | None = None
    since: date | None = None
    until: date | None = None
    guarded: bool | None = None

    def parameters(self) -> dict[str, object]:
        return {
            "promo_option_ids": self.option_ids and list(self.option_ids),
            "promo_from": self.since or date.min,
            "promo_to": self.until or date.max,
            "promo_guarded": [True, False] if self.guarded is None else [self.guarded],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFilter:
    """Which numbers: fields narrow each other, None does not, a list means any of it. Texts are in any writing."""

    msisdn_prefix: str | None = None
    msisdn_suffix: str | None = None
    search: str | None = None
    status: Sequence[str] | None = None
    kind: Sequence[str] | None = None
    tariff_ids: Sequence[int] | None = None
    option_ids: Sequence[int] | None = None
    without_option_ids: Sequence[int] | None = None
    department_ids: Sequence[int] | None = None
    employee_id: int | None = None
    unassigned: bool | None = None
    updated_since: datetime | None = None
    promo: PromoFilter | None = None

    def conditions(self, principal: Principal | None) -> Filter:
        """The conditions of a statement for this caller, who finds no number by an employee they are not shown.

        Raises `Refusal` INVALID or TOO_LARGE at ("filter", …).
        """
        given: dict[str, dict[str, object]] = {}
        shown = partly_shown(principal)
        of_shape = "" if shown is None else f", {shown.shape}"
        employees = {} if shown is None else shown_parameters(shown)
        if self.msisdn_prefix is not None:
            given["prefix"] = _range("prefix", _parsed(msisdn_prefix, self.msisdn_prefix, "msisdnPrefix"))
        if self.msisdn_suffix is not None:
            given["suffix"] = _range("suffix", _parsed(msisdn_suffix, self.msisdn_suffix, "msisdnSuffix")[::-1])
        if self.search is not None and (words := patterns(self.search, ("filter", "search"))):
            given[f"search{of_shape}"] = {"words": words, **employees}
        if self.status is not None:
            given["status"] = {"statuses": list(self.status)}
        if self.kind is not None:
            given["kind"] = {"kinds": list(self.kind)}
        if self.tariff_ids is not None:
            given["tariffs"] = {"tariff_ids": list(self.tariff_ids)}
        if self.option_ids is not None:
            given["options"] = {"option_ids": list(self.option_ids)}
        if self.without_option_ids is not None:
            given["without_options"] = {"without_option_ids": list(self.without_option_ids)}
        if self.department_ids is not None:
            given["departments"] = {"department_ids": list(self.department_ids)}
        if self.employee_id is not None:
            given[f"employee{of_shape}"] = {"employee_id": self.employee_id, **employees}
        if self.unassigned is not None:
            given["unassigned" if self.unassigned else "assigned"] = {}
        if self.updated_since is not None:
            given["updated_since"] = {"updated_since": self.updated_since}
        if self.promo is not None:
            given["promo"] = self.promo.parameters()
        return Filter.of(given)


def _parsed(parse: Callable[[str], str], text: str, field: str) -> str:
    try:
        return parse(text)
    except InvalidValue as error:
        raise error.refusal("filter", field) from None


def _range(name: str, beginning: str) -> dict[str, object]:
    """All texts of digits that begin so."""
    return {name: beginning, f"{name}_end": beginning[:-1] + chr(ord(beginning[-1]) + 1)}
