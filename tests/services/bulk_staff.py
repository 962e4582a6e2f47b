"""A company of its own for each run of the machine, and the people who ask for bulk changes in it."""

import asyncpg

from authz.principal import Grant, Principal
from tests.services.fleet import insert

EVERYWHERE, BRANCH_ONLY, DECIDES = 0, 1, 2
ROLES = {EVERYWHERE: "administrator", BRANCH_ONLY: "manager", DECIDES: "owner"}


class Staff:
    """An administrator, the manager of a branch, who sees one of six numbers, and an owner; all have just signed in."""

    def __init__(self, company_id: int, connection: asyncpg.Connection) -> None:
        self.company_id, self._connection = company_id, connection
        self.number_ids = [company_id * 10 + place for place in range(1, 7)]
        self.branch_number = self.number_ids[1]
        self.people = [
            Principal("administrator", company_id * 10 + who, f"P{who}", (self._grant(who),)) for who in ROLES
        ]
        self.revoked = set(ROLES)

    def sees(self, who: int) -> set[int]:
        """The numbers that somebody may change now."""
        if who in self.revoked:
            return set()
        return {self.branch_number} if who == BRANCH_ONLY else set(self.number_ids)

    async def give(self, who: int) -> None:
        self.revoked.remove(who)
        department_id = self.company_id if who == BRANCH_ONLY else None
        grant = {"company_id": self.company_id, "administrator_id": self.people[who].id, "role": ROLES[who]}
        await insert(self._connection, "grants", grant | {"department_id": department_id})

    async def take(self, who: int) -> None:
        self.revoked.add(who)
        await self._connection.execute("DELETE FROM grants WHERE administrator_id = $1", self.people[who].id)

    async def arrange(self, unapproved: int) -> None:
        """`unapproved` is how many numbers a change may have without a second person."""
        company = {"company_id": self.company_id}
        await self._connection.execute(
            "INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status) "
            "VALUES ($1, 'Company', $1::bigint::text, '1', 'Moscow', 'Europe/Moscow', 'ACTIVE')",
            self.company_id,
        )
        department = {"id": self.company_id, "name": "Branch", "ancestor_ids": [self.company_id], "path": ["Branch"]}
        await insert(self._connection, "departments", company | department)
        number = {"kind": "VOICE", "status": "ACTIVE", "tariff_id": 1}
        await insert(
            self._connection,
            "numbers",
            *(
                company
                | number
                | {"id": id, "msisdn": f"79{id:09}"}
                | {"department_id": self.company_id if id == self.branch_number else None}
                for id in self.number_ids
            ),
        )
        await insert(self._connection, "approval_thresholds", company | {"number_count": unapproved})
        for who, person in enumerate(self.people):
            await insert(self._connection, "administrators", {"id": person.id, "name": person.name, "language": "EN"})
            await self.give(who)
            await self._connection.execute(
                "INSERT INTO sessions (id, administrator_id, token_hash, device, ip, expires_at, stepped_up_at) "
                "VALUES ($1::bigint, $1, $1::text::bytea, '', '', now() + interval '1 hour', now())",
                person.id,
            )

    def _grant(self, who: int) -> Grant:
        departments = frozenset({self.company_id}) if who == BRANCH_ONLY else None
        return Grant(self.company_id * 10 + who, self.company_id, ROLES[who], departments)
