"""The decisions of Casbin, of the scopes and of a plain loop over the grants are the same."""

from pathlib import Path
from random import Random

import pytest

import authz
from authz.actions import Action
from authz.enforcer import Effect, Rule, extended
from authz.principal import Grant, Principal
from authz.roles import BuiltInRole
from authz.scope import holds, scope

DECISIONS = 100_000
PRINCIPALS = 100
COMPANIES = {company: range(company * 100, company * 100 + 6) for company in (1, 2, 3)}
OWN_ROLES = ("rol_1", "rol_2", "rol_3")

Lines = set[tuple[str, str, str]]


def built_in_lines() -> Lines:
    (folder,) = authz.__path__
    lines: Lines = set()
    for line in (Path(folder) / "policy.csv").read_text().split("\n"):
        if line:
            _, role, action, effect = line.split(", ")
            lines.add((role, action, effect))
    return lines


def reference(lines: Lines, grants: tuple[Grant, ...], action: str, company: int, department: int | None) -> bool:
    allowed = False
    for grant in grants:
        here = grant.company_id == company and (grant.department_ids is None or department in grant.department_ids)
        if here and (grant.role, action, "deny") in lines:
            return False
        allowed = allowed or (here and (grant.role, action, "allow") in lines)
    return allowed


def random_lines(random: Random) -> Lines:
    return {
        (role, random.choice(list(Action)), random.choice(["allow", "deny"])) for role in OWN_ROLES for _ in range(12)
    }


def random_grants(random: Random) -> tuple[Grant, ...]:
    grants = []
    for number in range(random.randint(0, 6)):
        company = random.choice(list(COMPANIES))
        departments = random.sample(COMPANIES[company], random.randint(0, 4))
        role = random.choice([*BuiltInRole, *OWN_ROLES])
        grants.append(Grant(number, company, role, frozenset(departments) if random.random() < 0.6 else None))
    return tuple(grants)


@pytest.fixture
def random() -> Random:
    seed = Random().getrandbits(32)
    print(f"seed {seed}")
    return Random(seed)


def test_random_decisions_equal_those_of_a_plain_loop(random: Random) -> None:
    answers = {True: 0, False: 0}
    for _ in range(PRINCIPALS):
        own = random_lines(random)
        lines = built_in_lines() | own
        policy = extended(frozenset(Rule(role, action, Effect(effect)) for role, action, effect in own))
        who = Principal("administrator", 1, "Anna", random_grants(random), policy)
        for _ in range(DECISIONS // PRINCIPALS):
            action = random.choice(list(Action))
            company = random.choice(list(COMPANIES))
            department = random.choice([None, *COMPANIES[company]])
            expected = reference(lines, who.grants, action, company, department)
            question = (who.grants, sorted(own), action, company, department)
            assert holds(who, action, company, department) is expected, question
            assert scope(who, action).covers(company, department) is expected, question
            answers[expected] += 1
    assert min(answers.values()) > DECISIONS // 10


def test_everywhere_equals_a_plain_loop_over_all_places(random: Random) -> None:
    lines = built_in_lines()
    for _ in range(200):
        grants = tuple(grant for grant in random_grants(random) if grant.role not in OWN_ROLES)
        who = Principal("administrator", 1, "Anna", grants)
        places = [
            (company, department)
            for company, departments in COMPANIES.items()
            for department in (None, *departments)
            if any(
                grant.company_id == company and (grant.department_ids is None or department in grant.department_ids)
                for grant in grants
            )
        ]
        expected = {
            action for action in Action if places and all(reference(lines, grants, action, *place) for place in places)
        }
        assert {action for action in Action if who.holds_everywhere(action)} == expected, grants
