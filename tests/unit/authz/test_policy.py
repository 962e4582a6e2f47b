"""What the built-in roles and companies' own ones allow, and which policies are refused."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from authz.actions import Action
from authz.document import page
from authz.enforcer import BUILT_IN, BrokenPolicy, Decision, Effect, Policy, Rule, _ask, extended, parse
from authz.roles import BuiltInRole

REGISTER = {"company:read", "department:read", "employee:read", "number:read", "tariff:read", "option:read"}
ACCESS = {
    "administrator:read", "administrator:invite", "role:read", "role:save", "grant:add", "grant:revoke",
    "api_key:read", "api_key:create", "api_key:rotate", "api_key:revoke", "access:explain",
}  # fmt: skip
SETTINGS = {
    "number:change", "tariff:change", "option:connect", "option:disconnect", "promo_guard:set", "promo_guard:clear",
    "forwarding:set", "forwarding:clear",
    "ban:set", "ban:lift", "number:block", "number:unblock", "label:set", "number:assign",
}  # fmt: skip
BULK = {"upload:read", "upload:delete", "bulk_change:read", "bulk_change:plan", "bulk_change:apply"}
ADMINISTRATION = REGISTER | ACCESS | SETTINGS | BULK | {
    "employee:read_personal", "billing:read", "journal:read", "spending_limit:set", "sim:replace", "register:import",
    "bulk_change:approve",
}  # fmt: skip
EXPECTED = {
    "owner": ADMINISTRATION | {"owner:grant", "second_factor:reset", "approval_threshold:set"},
    "administrator": ADMINISTRATION,
    "finance": REGISTER | {"billing:read", "journal:read", "bulk_change:read", "number:change", "spending_limit:set"},
    "approver": REGISTER | {"billing:read", "journal:read", "bulk_change:read", "bulk_change:approve"},
    "manager": REGISTER | SETTINGS | BULK | {"journal:read"},
    "auditor": REGISTER
    | {"billing:read", "journal:read", "upload:read", "bulk_change:read"}
    | {"administrator:read", "role:read", "api_key:read", "access:explain"},
    "reporting": REGISTER | {"billing:read", "journal:read", "bulk_change:read"},
}
EVERYTHING = "\n".join(f"p, owner, {action}, allow" for action in Action)


@pytest.mark.parametrize("role", BuiltInRole)
@pytest.mark.parametrize("action", Action)
def test_each_built_in_role_allows_exactly_its_actions(role: BuiltInRole, action: Action) -> None:
    decision = BUILT_IN.decide((role,), action)

    expected = action in EXPECTED[role]
    assert decision == Decision(expected, Rule(role, action, Effect.ALLOW) if expected else None)


def test_every_expected_action_exists() -> None:
    assert set().union(*EXPECTED.values()) == set(Action)
    assert EXPECTED.keys() == set(BuiltInRole)


def test_a_deny_of_one_role_beats_the_allow_of_another_in_any_order() -> None:
    deny = Rule("rol_9", "number:read", Effect.DENY)
    policy = extended(frozenset({deny, Rule("rol_9", "journal:read", Effect.ALLOW)}))

    assert policy.decide(("owner", "rol_9"), Action.NUMBER_READ) == Decision(False, deny)
    assert policy.decide(("rol_9", "owner"), Action.NUMBER_READ) == Decision(False, deny)
    assert policy.decide(("owner",), Action.NUMBER_READ).allowed
    assert policy.decide(("rol_9",), Action.JOURNAL_READ).allowed
    assert policy.held(("owner", "rol_9")) == set(Action) - {Action.NUMBER_READ}


def test_a_role_counts_by_its_whole_name_only() -> None:
    assert BUILT_IN.decide(("co-owner", "owners", "Owner", " owner", ""), Action.NUMBER_READ) == Decision(False, None)
    assert BUILT_IN.decide((), Action.NUMBER_READ) == Decision(False, None)


def test_a_policy_without_rules_allows_nothing_even_to_empty_names() -> None:
    assert Policy(()).decide(("",), Action.NUMBER_READ) == Decision(False, None)


def test_a_rule_with_a_comma_grants_nothing_more() -> None:
    policy = extended(frozenset({Rule("rol_1, owner, number:read, allow\np, rol_1", "journal:read", Effect.ALLOW)}))

    assert policy.held(("rol_1",)) == frozenset()


def test_a_decision_is_asked_for_once() -> None:
    assert BUILT_IN.decide(("owner",), Action.BAN_SET) is BUILT_IN.decide(("owner",), Action.BAN_SET)


def test_casbin_is_asked_for_each_role_and_not_for_each_combination() -> None:
    roles = [f"rol_{number}" for number in range(801, 809)]
    policy = extended(frozenset(Rule(role, "ban:set", Effect.ALLOW) for role in roles))
    before = _ask.cache_info().misses

    for size in range(9):
        for combination in combinations(roles, size):
            assert policy.decide(combination, Action.BAN_SET).allowed is (size > 0)
            assert not policy.decide(combination, Action.NUMBER_READ).allowed

    assert _ask.cache_info().misses - before == len(roles)


def test_own_roles_of_the_same_content_share_a_policy_and_changed_ones_do_not() -> None:
    allow, deny = Rule("rol_1", "ban:set", Effect.ALLOW), Rule("rol_1", "ban:set", Effect.DENY)

    assert extended(frozenset({allow})) is extended(frozenset({Rule("rol_1", "ban:set", Effect.ALLOW)}))
    assert extended(frozenset({allow})).decide(("rol_1",), Action.BAN_SET).allowed
    assert not extended(frozenset({deny})).decide(("rol_1",), Action.BAN_SET).allowed


def test_an_own_role_may_still_name_an_action_that_is_gone() -> None:
    rules = frozenset({Rule("rol_1", "telegram:send", Effect.ALLOW), Rule("rol_1", "ban:set", Effect.ALLOW)})

    assert extended(rules).held(("rol_1",)) == {Action.BAN_SET}


@pytest.mark.parametrize("name", ["owner", "reporting", ""])
def test_an_own_role_can_not_take_the_name_of_a_built_in_one(name: str) -> None:
    with pytest.raises(BrokenPolicy, match=re.escape(f"not names of a company's own roles: {[name]}")):
        extended(frozenset({Rule(name, "ban:set", Effect.ALLOW)}))


def test_actions_of_a_role_stand_in_the_order_of_the_policy() -> None:
    rules = frozenset({Rule("rol_1", "number:read", Effect.ALLOW), Rule("rol_1", "billing:read", Effect.DENY)})

    assert BUILT_IN.actions("approver", Effect.ALLOW)[-3:] == (
        "journal:read",
        "bulk_change:read",
        "bulk_change:approve",
    )
    assert BUILT_IN.actions("approver", Effect.DENY) == ()
    assert extended(rules).actions("rol_1", Effect.ALLOW) == ("number:read",)
    assert extended(rules).actions("rol_1", Effect.DENY) == ("billing:read",)


def test_a_policy_is_read_with_or_without_blanks() -> None:
    rules = parse(EVERYTHING.replace(", ", ",").replace("\n", "\n\n") + "\np,finance,ban:set,deny\n")

    assert rules[-1] == Rule("finance", "ban:set", Effect.DENY)
    assert len(rules) == len(Action) + 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "the policy allows nobody ['company:read', 'department:read', "),
        (EVERYTHING.replace("p, owner, ban:set, allow\n", ""), "the policy allows nobody ['ban:set']"),
        (EVERYTHING.replace("ban:set, allow", "ban:set, deny"), "the policy allows nobody ['ban:set']"),
        ("p, , ban:set, allow", "line 1 of the policy: '' is no built-in role"),
        ("p, owner, , allow", "line 1 of the policy: '' is no action"),
        ("p, owner, ban:set,", "line 1 of the policy: '' is not a valid Effect"),
        (", owner, ban:set, allow", "line 1 of the policy: '' is no kind of line"),
        ("g, owner, ban:set, allow", "line 1 of the policy: 'g' is no kind of line"),
        ("\np, boss, ban:set, allow", "line 2 of the policy: 'boss' is no built-in role"),
        ("p, owner, *, allow", "line 1 of the policy: '*' is no action"),
        ("p, owner, ban:set, permit", "line 1 of the policy: 'permit' is not a valid Effect"),
        ("p, owner, ban:set", "line 1 of the policy: not enough values"),
        ("p, owner, ban:set, allow, p, owner", "line 1 of the policy: too many values"),
        ('p, owner, "ban:set, allow', "line 1 of the policy: unexpected end of data"),
        ('p, "owner, ban:set", ban:set, allow', "line 1 of the policy: 'owner, ban:set' is no built-in role"),
        (EVERYTHING + "\np, owner, ban:set, allow", "the policy repeats [Rule(role='owner', action='ban:set'"),
    ],
)
def test_a_broken_policy_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BrokenPolicy, match=f"^{re.escape(complaint)}"):
        parse(text)


@pytest.mark.parametrize("action", Action)
def test_an_action_is_noun_and_verb_with_a_line_in_each_language(action: Action) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*:[a-z]+(_[a-z]+)*", action)
    assert re.fullmatch(r"[A-Z][^А-я]+\.", action.description.en)
    assert re.fullmatch(r"[А-Я][^.]+\.", action.description.ru)


def test_the_page_of_the_roles_is_current() -> None:
    committed = Path(__file__).parents[3] / "docs" / "roles.md"

    assert committed.read_text("utf-8") == page(), "run: python -m authz.document > docs/roles.md"
