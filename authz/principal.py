"""Who is asking, and which roles they hold where."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from authz.actions import Action
from authz.enforcer import BUILT_IN, Policy

PrincipalKind: TypeAlias = Literal["administrator", "api_key", "staff", "system"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held over a company, or over some departments of it only.

    `role` is a built-in role, or the name of a company's own role in the principal's policy. `department_ids` are all
    departments of a subtree; None is the whole company.
    """

    id: int
    company_id: int
    role: str
    department_ids: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a company where the same roles are held: some departments, or, with None, all that no other names."""

    company_id: int
    department_ids: tuple[int, ...] | None
    roles: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Principal:
    """Somebody who asks. Made anew when their grants or the rules of their roles change: what follows may be kept."""

    kind: PrincipalKind
    id: int
    name: str
    grants: tuple[Grant, ...]
    policy: Policy = BUILT_IN

    @cached_property
    def companies(self) -> tuple[int, ...]:
        """Companies in which anything is held."""
        return tuple(sorted({company_id for company_id, _ in self._roles}))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """All places where roles are held; no department is in two of them."""
        whole = tuple(
            Place(company, None, roles) for (company, department), roles in self._roles.items() if department is None
        )
        departments: dict[tuple[int, tuple[str, ...]], list[int]] = {}
        for (company, department), roles in self._roles.items():
            if department is not None:
                departments.setdefault((company, roles), []).append(department)
        return whole + tuple(Place(company, tuple(sorted(ids)), roles) for (company, roles), ids in departments.items())

    def holds_everywhere(self, action: Action) -> bool:
        """Whether the action is held at every place; never for somebody who holds nothing."""
        held = self._everywhere.get(action)
        if held is None:
            allowed = (self.policy.decide(place.roles, action).allowed for place in self.places)
            held = self._everywhere[action] = bool(self.places) and all(allowed)
        return held

    def roles_at(self, company_id: int, department_id: int | None = None) -> tuple[str, ...]:
        """Roles that count for an object of this department; with None, for one that belongs to no department."""
        return self._roles.get((company_id, department_id)) or self._roles.get((company_id, None), ())

    @cached_property
    def _everywhere(self) -> dict[Action, bool]:
        return {}

    @cached_property
    def _roles(self) -> Mapping[tuple[int, int | None], tuple[str, ...]]:
        """Roles by company and department, None for the rest of it. A whole company's roles hold in each department."""
        roles: dict[tuple[int, int | None], set[str]] = {}
        for grant in self.grants:
            for department_id in (None,) if grant.department_ids is None else grant.department_ids:
                roles.setdefault((grant.company_id, department_id), set()).add(grant.role)
        return {
            (company_id, department_id): tuple(sorted(held | roles.get((company_id, None), set())))
            for (company_id, department_id), held in roles.items()
        }
