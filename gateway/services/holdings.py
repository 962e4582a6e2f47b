"""Who holds what in a company: its grants with the rules of their roles, and the principals that they make."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, exists, func, or_, select

from authz.actions import Action
from authz.enforcer import BUILT_IN, Effect, Policy, Rule, extended
from authz.principal import Grant, Principal, PrincipalKind
from authz.roles import BuiltInRole
from authz.scope import holds_throughout
from gateway.kit.ids import Kind, encode
from gateway.kit.rows import Row
from gateway.models import metadata
from gateway.services.running import Run
from gateway.statements import Statement

_COMPANIES, _DEPARTMENTS = metadata.tables["companies"], metadata.tables["departments"]
_GRANTS, _ROLES, _KEYS = (metadata.tables[name] for name in ("grants", "roles", "api_keys"))
_INVITATIONS = metadata.tables["invitations"]
_COMPANY = bindparam("company_id", type_=BigInteger)

_LOCK = Statement(
    select(_COMPANIES.c.id).where(_COMPANIES.c.id == _COMPANY).with_for_update(key_share=True, of=_COMPANIES)
)
_BELOW = _DEPARTMENTS.alias()
_SUBTREE = (
    select(func.array_agg(_BELOW.c.id))
    .where(_BELOW.c.company_id == _GRANTS.c.company_id, _GRANTS.c.department_id == any_(_BELOW.c.ancestor_ids))
    .correlate(_GRANTS)
    .scalar_subquery()
)
_HELD = Statement(
    select(
        *(_GRANTS.c[name] for name in ("company_id", "id", "administrator_id", "api_key_id", "role", "role_id")),
        _GRANTS.c.department_id,
        _SUBTREE.label("department_ids"),
        _DEPARTMENTS.c.name.label("department_name"),
        _ROLES.c.name.label("role_name"),
        _ROLES.c.allows,
        _ROLES.c.denies,
        exists()
        .where(
            _INVITATIONS.c.company_id == _GRANTS.c.company_id,
            _INVITATIONS.c.administrator_id == _GRANTS.c.administrator_id,
        )
        .label("waiting"),
    )
    .join_from(
        _GRANTS,
        _ROLES,
        (_ROLES.c.company_id == _GRANTS.c.company_id) & (_ROLES.c.id == _GRANTS.c.role_id),
        isouter=True,
    )
    .join(
        _DEPARTMENTS,
        (_DEPARTMENTS.c.company_id == _GRANTS.c.company_id) & (_DEPARTMENTS.c.id == _GRANTS.c.department_id),
        isouter=True,
    )
    .join(_KEYS, (_KEYS.c.company_id == _GRANTS.c.company_id) & (_KEYS.c.id == _GRANTS.c.api_key_id), isouter=True)
    .where(_GRANTS.c.company_id == _COMPANY, or_(_GRANTS.c.api_key_id.is_(None), _KEYS.c.revoked_at.is_(None)))
    .order_by(_GRANTS.c.id)
)


@dataclass(frozen=True)
class Holdings:
    """All grants in a company: rows like those of `find_grants`, with holders, and names of departments and roles.

    A grant is `waiting` while its holder has not accepted the invitation: it is no right yet.
    """

    company_id: int
    rows: Sequence[Mapping[str, Any]]

    def principal(self, kind: PrincipalKind, id: int, name: str = "") -> Principal:
        """What an administrator or an API key holds in this company."""
        rows = [row for row in self.rows if row[f"{kind}_id"] == id and not row["waiting"]]
        return Principal(kind, id, name, grants_of(rows), policy_of(rows))

    def of_role(self, role_id: int) -> list[Mapping[str, Any]]:
        """The grants of a role that the company made for itself."""
        return [row for row in self.rows if row["role_id"] == role_id]

    def plus(self, row: Mapping[str, Any]) -> "Holdings":
        return Holdings(self.company_id, [*self.rows, row])

    def without(self, grant_id: int) -> "Holdings":
        return Holdings(self.company_id, [row for row in self.rows if row["id"] != grant_id])

    def with_role(self, role_id: int, allows: Sequence[str], denies: Sequence[str]) -> "Holdings":
        """As it would be if the role spoke so."""
        new = {"allows": allows, "denies": denies}
        return Holdings(self.company_id, [{**row, **new} if row["role_id"] == role_id else row for row in self.rows])

    @cached_property
    def owners(self) -> frozenset[int]:
        """Administrators with the role of an owner over the whole company, invited ones among them."""
        return frozenset(
            row["administrator_id"]
            for row in self.rows
            if row["role"] == BuiltInRole.OWNER and row["administrator_id"] and row["department_ids"] is None
        )

    @cached_property
    def present_owners(self) -> frozenset[int]:
        """Owners who have accepted to be here."""
        return self.owners - {row["administrator_id"] for row in self.rows if row["waiting"]}

    @cached_property
    def free_owners(self) -> frozenset[int]:
        """Those of them to whom no role denies anything: one of them can put everything right."""
        return self.present_owners - {row["administrator_id"] for row in self.rows if row["denies"]}


async def load(run: Run, company_id: int, *, lock: bool = False) -> Holdings:
    """The grants of a company that the tenant may see, those of revoked keys excepted; none of another's.

    With `lock` nobody else changes access to this company before the transaction ends: what is decided on what was
    read holds when it is written.
    """
    if lock:
        await run(_LOCK, company_id=company_id)
    return Holdings(company_id, [dict(row) for row in await run(_HELD, company_id=company_id)])


def lacking(
    principal: Principal, actions: Iterable[str], company_id: int, department_ids: Sequence[int] | None
) -> list[Action]:
    """Those of the actions that the principal does not hold at every place of a grant. Unknown ones do nothing."""
    known = [action for action in Action if action in set(actions)]
    return [action for action in known if not holds_throughout(principal, action, company_id, department_ids)]


def grants_of(rows: Iterable[Row]) -> tuple[Grant, ...]:
    """Rows of grants as a principal holds them."""
    return tuple(
        Grant(
            row["id"],
            row["company_id"],
            _role(row),
            None if row["department_ids"] is None else frozenset(row["department_ids"]),
        )
        for row in rows
    )


def policy_of(rows: Iterable[Row]) -> Policy:
    """The rules of the roles in rows of grants."""
    own = [row for row in rows if row["role_id"] is not None]
    rules = {Rule(_role(row), action, Effect.ALLOW) for row in own for action in row["allows"]}
    rules |= {Rule(_role(row), action, Effect.DENY) for row in own for action in row["denies"]}
    return extended(frozenset(rules)) if rules else BUILT_IN


def _role(row: Row) -> str:
    return str(row["role"]) if row["role_id"] is None else encode(Kind.ROLE, row["role_id"])
