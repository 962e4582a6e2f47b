"""Where a principal may do something: as a condition of a SQL statement, and as an answer about one object."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, all_, and_, any_, bindparam, or_
from sqlalchemy.dialects.postgresql import ARRAY

from authz.actions import Action
from authz.principal import Principal

_IDS = ARRAY(BigInteger)
_NAME = "scope"
"""How the parameters of a scope's condition begin, where a statement has only one."""


class Shape(StrEnum):
    """What a scope's condition looks like. Keep statements by it: scopes of a shape differ in parameters only."""

    COMPANIES = "companies"
    DEPARTMENTS = "departments"
    MIXED = "mixed"

    def where(
        self,
        company: SQLColumnExpression[int],
        department: SQLColumnExpression[int | None] | None = None,
        name: str = _NAME,
    ) -> ColumnElement[bool]:
        """Which rows are in the scope, by the column of their company and that of their department.

        Rows that have no department belong to the whole company. Of a table without departments only `Scope.whole` and
        `Scope.anywhere` can say which rows are in scope, and need no second column. The parameters are `params`, or
        those `named` like here.
        """
        in_companies = company == any_(bindparam(f"{name}_companies", type_=_IDS))
        if self is Shape.COMPANIES:
            return in_companies
        if department is None:
            raise TypeError("this scope goes by departments: for rows without one use its `whole` or `anywhere`")
        in_departments = and_(
            company == any_(bindparam(f"{name}_department_companies", type_=_IDS)),
            department == any_(bindparam(f"{name}_departments", type_=_IDS)),
        )
        if self is Shape.DEPARTMENTS:
            return in_departments
        exceptions = bindparam(f"{name}_exceptions", type_=_IDS)
        return or_(and_(in_companies, or_(department.is_(None), department != all_(exceptions))), in_departments)


@dataclass(frozen=True)
class Scope:
    """Where an action is held: in whole `companies` but for the departments in `exceptions`, and in `departments`.

    All are sorted ids; `department_companies` are the companies of `departments`, and none of `companies`.
    """

    companies: tuple[int, ...] = ()
    exceptions: tuple[int, ...] = ()
    departments: tuple[int, ...] = ()
    department_companies: tuple[int, ...] = ()

    @cached_property
    def shape(self) -> Shape:
        if not self.departments and not self.exceptions:
            return Shape.COMPANIES
        return Shape.MIXED if self.companies else Shape.DEPARTMENTS

    @cached_property
    def params(self) -> Mapping[str, tuple[int, ...]]:
        """Parameters of the condition, exactly those that its shape names."""
        return self.named(_NAME)

    def named(self, name: str) -> Mapping[str, tuple[int, ...]]:
        """The parameters under another name, for a statement that has several scopes."""
        companies = {f"{name}_companies": self.companies}
        departments = {
            f"{name}_departments": self.departments,
            f"{name}_department_companies": self.department_companies,
        }
        match self.shape:
            case Shape.COMPANIES:
                return companies
            case Shape.DEPARTMENTS:
                return departments
            case Shape.MIXED:
                return companies | {f"{name}_exceptions": self.exceptions} | departments

    @cached_property
    def whole(self) -> "Scope":
        """The scope of objects that belong to a company as a whole, such as its billing accounts."""
        return Scope(self.companies)

    @cached_property
    def anywhere(self) -> "Scope":
        """The companies in which the action is held at all, if only in a department: the scope of a company's card."""
        return Scope(tuple(sorted({*self.companies, *self.department_companies})))

    def covers(self, company_id: int, department_id: int | None = None) -> bool:
        """Whether an object is in the scope; without a department it belongs to the company as a whole."""
        if company_id in self._companies:
            return department_id not in self._exceptions
        return company_id in self._department_companies and department_id in self._departments

    @cached_property
    def _companies(self) -> frozenset[int]:
        return frozenset(self.companies)

    @cached_property
    def _exceptions(self) -> frozenset[int]:
        return frozenset(self.exceptions)

    @cached_property
    def _departments(self) -> frozenset[int]:
        return frozenset(self.departments)

    @cached_property
    def _department_companies(self) -> frozenset[int]:
        return frozenset(self.department_companies)


_scopes: WeakKeyDictionary[Principal, dict[Action, Scope]] = WeakKeyDictionary()


def scope(principal: Principal, action: Action) -> Scope:
    """Where the principal may do it. Worked out once for each principal and action."""
    scopes = _scopes.setdefault(principal, {})
    if action not in scopes:
        scopes[action] = _scope(principal, action)
    return scopes[action]


def holds(principal: Principal, action: Action, company_id: int, department_id: int | None = None) -> bool:
    """Whether the principal may do it with an object of this department, or, with None, of the company as a whole."""
    return principal.policy.decide(principal.roles_at(company_id, department_id), action).allowed


def holds_throughout(
    principal: Principal, action: Action, company_id: int, department_ids: Collection[int] | None = None
) -> bool:
    """Whether the principal may do it at every place of these departments, or, with None, of the whole company."""
    places = _roles_throughout(principal, company_id, department_ids)
    return bool(places) and all(principal.policy.decide(roles, action).allowed for roles in places)


def denying_role(
    principal: Principal, action: Action, company_id: int, department_ids: Collection[int | None] | None = None
) -> str | None:
    """The role that denies it at one of these places, None where it is only not allowed; places as in
    `holds_throughout`, None among them for what belongs to the company as a whole.
    """
    decided = (
        principal.policy.decide(roles, action) for roles in _roles_throughout(principal, company_id, department_ids)
    )
    return min((each.rule.role for each in decided if each.rule is not None and not each.allowed), default=None)


def _roles_throughout(
    principal: Principal, company_id: int, department_ids: Collection[int | None] | None
) -> set[tuple[str, ...]]:
    if department_ids is None:
        whole = {place.roles for place in principal.places if place.company_id == company_id}
        return whole | {principal.roles_at(company_id)}
    return {principal.roles_at(company_id, department_id) for department_id in department_ids}


def _scope(principal: Principal, action: Action) -> Scope:
    companies: set[int] = set()
    local: list[tuple[int, tuple[int, ...], bool]] = []
    for place in principal.places:
        allowed = principal.policy.decide(place.roles, action).allowed
        if place.department_ids is not None:
            local.append((place.company_id, place.department_ids, allowed))
        elif allowed:
            companies.add(place.company_id)
    exceptions: set[int] = set()
    departments: set[int] = set()
    department_companies: set[int] = set()
    for company_id, ids, allowed in local:
        if company_id in companies and not allowed:
            exceptions.update(ids)
        elif allowed and company_id not in companies:
            departments.update(ids)
            department_companies.add(company_id)
    return Scope(
        tuple(sorted(companies)),
        tuple(sorted(exceptions)),
        tuple(sorted(departments)),
        tuple(sorted(department_companies)),
    )
