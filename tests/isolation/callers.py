"""Who asks: every role of the own company, its manager of one department, its key; strangers; the foreign owner."""

from collections.abc import Collection
from dataclasses import dataclass

import asyncpg

from authz.actions import Action
from authz.principal import Grant, Principal
from authz.roles import BuiltInRole
from gateway.db import Database
from gateway.services.principals import Principals, hash_token, load_administrator
from tests.isolation.patches import FOREIGN, INSIDE, OWN, PATCHES, SUBSIDIARY, Patch


@dataclass(frozen=True)
class Caller:
    """An administrator, a key or, without an id, a stranger.

    Holds a role in a company or in a department of it: a built-in one, the company's own with that id, or one that is
    made for them. Rows of the patches `blind_to` must have no influence on any answer.
    """

    name: str
    id: int | None = None
    role: str | None = None
    role_id: int | None = None
    allows: Collection[Action] = ()
    company_id: int = OWN.company_id
    department_id: int | None = None
    kind: str = "administrator"
    blind_to: tuple[Patch, ...] = (FOREIGN, SUBSIDIARY)

    @property
    def secret(self) -> str:
        return f"secret of {self.name}"

    async def principal(self, db: Database) -> Principal | None:
        if self.id is None:
            return None
        if self.kind == "api_key":
            identity = await Principals(db).by_key(self.secret)
            assert identity is not None
            return identity.principal
        return await load_administrator(db, self.id, self.name)


OWNER = Caller("owner", 100, BuiltInRole.OWNER)
MANAGER = Caller(
    "manager of one department",
    110,
    BuiltInRole.MANAGER,
    department_id=OWN.id,
    blind_to=(FOREIGN, SUBSIDIARY, INSIDE),
)
OWN_ROLE = Caller("company's own role", 111, allows=tuple(Action))
KEY = Caller("key", 112, BuiltInRole.REPORTING, kind="api_key")
CALLERS = (
    OWNER,
    *(Caller(role.value, 100 + n, role) for n, role in enumerate(BuiltInRole) if role is not BuiltInRole.OWNER),
    MANAGER,
    OWN_ROLE,
    KEY,
    Caller("holder of nothing", 113, blind_to=PATCHES),
    Caller("stranger", blind_to=PATCHES),
)
FOREIGN_OWNER = Caller("foreign owner", FOREIGN.id, BuiltInRole.OWNER, company_id=FOREIGN.company_id, blind_to=(OWN,))
FOREIGN_KEY = Caller(
    "foreign key", FOREIGN.id, BuiltInRole.REPORTING, company_id=FOREIGN.company_id, kind="api_key", blind_to=(OWN,)
)
FOREIGN_CLERK = Caller("foreign clerk", 114, role_id=FOREIGN.id, company_id=FOREIGN.company_id)


async def admit(connection: asyncpg.Connection, *callers: Caller) -> None:
    """Adds the callers and what they hold."""
    for caller in callers:
        if caller.id is None:
            continue
        key = caller.kind == "api_key"
        if key:
            await connection.execute(
                "INSERT INTO api_keys (company_id, id, name, prefix, secret_hash) VALUES ($1, $2, $3, $3, $4) "
                "ON CONFLICT (company_id, id) DO UPDATE SET secret_hash = excluded.secret_hash",
                *(caller.company_id, caller.id, caller.name, hash_token(caller.secret)),
            )
        else:
            await connection.execute(
                "INSERT INTO administrators (id, name, language) VALUES ($1, $2, 'EN') ON CONFLICT DO NOTHING",
                *(caller.id, caller.name),
            )
        if caller.allows:
            await connection.execute(
                "INSERT INTO roles (company_id, id, name, allows) VALUES ($1, $2, $3, $4)",
                *(caller.company_id, caller.id, caller.name, list(caller.allows)),
            )
        role_id = caller.id if caller.allows else caller.role_id
        if caller.role or role_id:
            await connection.execute(
                "INSERT INTO grants (company_id, id, administrator_id, api_key_id, role, role_id, department_id) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                *(
                    caller.company_id,
                    (200 if key else 100) + caller.id,
                    None if key else caller.id,
                    caller.id if key else None,
                ),
                *(caller.role, role_id, caller.department_id),
            )


def deceived(principal: Principal | None) -> Principal | None:
    """The same caller, taken for the owner of every company."""
    if principal is None:
        return None
    companies = sorted({patch.company_id for patch in PATCHES})
    grants = tuple(Grant(n, company_id, BuiltInRole.OWNER) for n, company_id in enumerate(companies))
    return Principal(principal.kind, principal.id, principal.name, grants)
