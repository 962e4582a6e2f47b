"""Decisions over grants, own roles and departments in the database are those of a plain loop over the rows."""

from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest

import authz
from authz.actions import Action
from authz.roles import BuiltInRole
from authz.scope import holds, scope
from gateway.db import Database
from gateway.services.principals import load_administrator
from tests.services.fleet import COMPANY, OTHER_COMPANY, insert

pytestmark = pytest.mark.usefixtures("fleet")

DECISIONS = 100_000
PEOPLE = 50
DEPARTMENTS = {COMPANY: range(1_000, 1_012), OTHER_COMPANY: range(2_000, 2_006)}

Rules = set[tuple[str | int, str, str]]


@pytest.fixture
def random() -> Random:
    seed = Random().getrandbits(32)
    print(f"seed {seed}")
    return Random(seed)


async def test_random_decisions_equal_those_of_a_plain_loop_over_the_rows(
    database: Database, owner_connection: asyncpg.Connection, random: Random
) -> None:
    parents = await plant(owner_connection, random)
    rules = built_in_rules() | await invent_roles(owner_connection, random)
    grants = await hand_out(owner_connection, random)

    answers = {True: 0, False: 0}
    for administrator_id in range(1, PEOPLE + 1):
        who = await load_administrator(database, administrator_id, "Somebody")
        own = [grant for grant in grants if grant["administrator_id"] == administrator_id]
        for _ in range(DECISIONS // PEOPLE):
            action, company_id = random.choice(list(Action)), random.choice(list(DEPARTMENTS))
            department_id = random.choice([None, *DEPARTMENTS[company_id]])
            expected = decided(rules, own, parents, action, company_id, department_id)
            question = (own, action, company_id, department_id)
            assert holds(who, action, company_id, department_id) is expected, question
            assert scope(who, action).covers(company_id, department_id) is expected, question
            answers[expected] += 1
    assert min(answers.values()) > DECISIONS // 20


def decided(
    rules: Rules,
    grants: list[dict[str, Any]],
    parents: dict[int, int | None],
    action: str,
    company_id: int,
    department_id: int | None,
) -> bool:
    """A deny of any grant that reaches the place, else an allow of one."""
    allowed = False
    for grant in grants:
        if grant["company_id"] != company_id:
            continue
        above = department_id
        while above is not None and above != grant["department_id"]:
            above = parents[above]
        if grant["department_id"] is not None and above is None:
            continue
        role = grant["role"] or grant["role_id"]
        if (role, action, "deny") in rules:
            return False
        allowed = allowed or (role, action, "allow") in rules
    return allowed


def built_in_rules() -> Rules:
    (folder,) = authz.__path__
    lines = (line.split(", ") for line in (Path(folder) / "policy.csv").read_text().split("\n") if line)
    return {(role, action, effect) for _, role, action, effect in lines}


async def plant(connection: asyncpg.Connection, random: Random) -> dict[int, int | None]:
    """A tree of departments in each company; the parent of each."""
    parents: dict[int, int | None] = {}
    for company_id, ids in DEPARTMENTS.items():
        for id in ids:
            parents[id] = random.choice([None, *(each for each in ids if each < id)])
            ancestors, above = [id], parents[id]
            while above is not None:
                ancestors, above = [above, *ancestors], parents[above]
            place = {"parent_id": parents[id], "ancestor_ids": ancestors, "path": list(map(str, ancestors))}
            await insert(connection, "departments", {"company_id": company_id, "id": id, "name": str(id), **place})
    return parents


async def invent_roles(connection: asyncpg.Connection, random: Random) -> Rules:
    """Four roles of each company's own, and what they say."""
    rules: Rules = set()
    for company_id in DEPARTMENTS:
        for id in range(company_id * 100, company_id * 100 + 4):
            chosen = random.sample(list(Action), 18)
            row = {"company_id": company_id, "id": id, "name": str(id), "allows": chosen[:12], "denies": chosen[12:]}
            await insert(connection, "roles", row)
            rules |= {(id, action, "allow") for action in chosen[:12]}
            rules |= {(id, action, "deny") for action in chosen[12:]}
    return rules


async def hand_out(connection: asyncpg.Connection, random: Random) -> list[dict[str, Any]]:
    """Up to five grants for each of the people."""
    people = [{"id": id, "name": str(id), "language": "EN"} for id in range(1, PEOPLE + 1)]
    await insert(connection, "administrators", *people)
    grants: list[dict[str, Any]] = []
    for administrator_id in range(1, PEOPLE + 1):
        for _ in range(random.randint(0, 5)):
            company_id = random.choice(list(DEPARTMENTS))
            own = random.random() < 0.4
            grants.append(
                {
                    "company_id": company_id,
                    "id": len(grants) + 1,
                    "administrator_id": administrator_id,
                    "role": None if own else random.choice(list(BuiltInRole)),
                    "role_id": company_id * 100 + random.randrange(4) if own else None,
                    "department_id": random.choice(DEPARTMENTS[company_id]) if random.random() < 0.6 else None,
                }
            )
    await insert(connection, "grants", *grants)
    return grants
