"""Policies: which roles allow or deny which actions, decided by Casbin once and remembered."""

import csv
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from casbin import Enforcer  # type: ignore[import-untyped]  # pycasbin carries no types

from authz.actions import Action
from authz.roles import BuiltInRole

_FOLDER = Path(__file__).parent
_MODEL = (_FOLDER / "model.conf").read_text("utf-8")


class Effect(StrEnum):
    """What a rule does."""

    ALLOW = "allow"
    DENY = "deny"


class Rule(NamedTuple):
    """A line of a policy."""

    role: str
    action: str
    effect: Effect


class Decision(NamedTuple):
    """Whether it is allowed, and the rule that decided; None when no rule speaks of it, which refuses."""

    allowed: bool
    rule: Rule | None


class BrokenPolicy(ValueError):
    """A policy that must not be put into force."""


class Policy:
    """A set of rules that never changes. A changed policy is another object, so what was decided is kept for good."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._speaking: dict[tuple[str, str], tuple[Rule, ...]] = {}
        for rule in self.rules:
            about = rule.role, rule.action
            self._speaking[about] = (*self._speaking.get(about, ()), rule)
        self._decisions: dict[tuple[tuple[str, ...], Action], Decision] = {}

    def decide(self, roles: tuple[str, ...], action: Action) -> Decision:
        """What somebody who holds all these roles at one place may do there: one deny beats every allow."""
        decision = self._decisions.get((roles, action))
        if decision is None:
            decision = self._decisions[roles, action] = self._combined(roles, action)
        return decision

    def held(self, roles: tuple[str, ...]) -> frozenset[Action]:
        """All actions that these roles together allow."""
        return frozenset(action for action in Action if self.decide(roles, action).allowed)

    def actions(self, role: str, effect: Effect) -> tuple[str, ...]:
        """The actions that the rules of one role allow, or deny, in the order of the policy."""
        return tuple(rule.action for rule in self.rules if rule.role == role and rule.effect is effect)

    def _combined(self, roles: tuple[str, ...], action: Action) -> Decision:
        """From what is decided for each role alone: combinations of roles are far more than roles."""
        combined = _UNSPOKEN
        for role in roles:
            if rules := self._speaking.get((role, action)):
                decision = _ask(role, action, rules)
                if not decision.allowed:
                    return decision
                combined = decision
        return combined


_UNSPOKEN = Decision(False, None)


@lru_cache(maxsize=20_000)
def _ask(role: str, action: Action, rules: tuple[Rule, ...]) -> Decision:
    """What Casbin answers for one role, given the rules that speak of it and the action: it looks at each rule.

    It is asked once for each answer, whatever policies share the rules: an enforcer that is kept would cost more.
    """
    model = Enforcer.new_model(text=_MODEL)
    for rule in rules:
        model.add_policy("p", "p", rule)
    allowed, rule = Enforcer(model).enforce_ex((role,), action)
    return Decision(allowed, rule or None)


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of the built-in roles from CSV lines `p, role, action, effect`; BrokenPolicy names what is wrong.

    Casbin's own adapters split at commas wherever they stand, and it takes an empty policy for one rule of empty names.
    """
    rules: list[Rule] = []
    lines = csv.reader(text.splitlines(), skipinitialspace=True, strict=True)
    try:
        rules.extend(_rule(values) for values in lines if values)
    except (ValueError, csv.Error) as error:
        raise BrokenPolicy(f"line {lines.line_num} of the policy: {error}") from error
    if repeated := sorted({rule for rule in rules if rules.count(rule) > 1}):
        raise BrokenPolicy(f"the policy repeats {repeated}")
    allowed = {rule.action for rule in rules if rule.effect is Effect.ALLOW}
    if forgotten := [action.value for action in Action if action not in allowed]:
        raise BrokenPolicy(f"the policy allows nobody {forgotten}")
    return tuple(rules)


def _rule(values: list[str]) -> Rule:
    kind, role, action, effect = values
    if kind != "p":
        raise ValueError(f"{kind!r} is no kind of line")
    if role not in set(BuiltInRole):
        raise ValueError(f"{role!r} is no built-in role")
    if action not in set(Action):
        raise ValueError(f"{action!r} is no action")
    return Rule(role, action, Effect(effect))


BUILT_IN = Policy(parse((_FOLDER / "policy.csv").read_text("utf-8")))
"""The policy of the built-in roles. It is read at import: a gateway with a broken policy does not start."""


@lru_cache(maxsize=512)
def extended(rules: frozenset[Rule]) -> Policy:
    """The built-in policy with rules of companies' own roles.

    The content is the version: callers with the same roles share a policy and its decisions, a changed role makes
    another. A rule about an action that is no longer known does nothing.
    """
    if misnamed := sorted({rule.role for rule in rules if not rule.role or rule.role in set(BuiltInRole)}):
        raise BrokenPolicy(f"not names of a company's own roles: {misnamed}")
    return Policy((*BUILT_IN.rules, *sorted(rules)))
