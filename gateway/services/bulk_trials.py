"""What a bulk change would do to one of its numbers, asked when it is planned and again when it runs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from authz.actions import Action
from authz.principal import Principal
from authz.scope import holds
from gateway.kit.errors import ErrorCode, Refusal
from gateway.operations import registry
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Checked, Operation, Outcome, check_each, total
from gateway.operations.state import NumberState
from gateway.services.numbers import ASK_FOR_ROLE, FORBIDDEN, missing_rights, missing_there


class Trial(NamedTuple):
    """The operations that are to be done, and all together: an outcome with refusals where one of them can't be.

    Those that are done already are not among them, unless all are.
    """

    checked: Sequence[Checked]
    outcome: Outcome


def try_out(
    principal: Principal,
    state: NumberState,
    operations: Sequence[Operation],
    catalogue: Catalogue,
    moment: datetime,
) -> Trial:
    """What they would do to the number in that state, in the name of somebody.

    Fields begin at the operation's place among all: ("changes", "1", …).
    """
    missing = tuple(_missing(principal, state, operations))
    if missing:
        return Trial((), Outcome(state, refusals=missing))
    checked = check_each(operations, state, catalogue, moment)
    outcome = total(state, checked)
    refusals = [(checked[-1].place, refusal) for refusal in outcome.refusals] or [
        (each.place, refusal)
        for each in checked
        for refusal in missing_there(principal, each.before, each.operation, each.outcome)
    ]
    if refusals:
        outcome = Outcome(state, refusals=tuple(refusal.under("changes", str(place)) for place, refusal in refusals))
    return Trial(checked, outcome)


def dump(operations: Sequence[Operation]) -> dict[str, Any]:
    """Operations as a JSON object: a list would be taken for a dimension where many are given as an array."""
    return {"inOrder": [{"kind": each.kind.value, "parameters": registry.parameters(each)} for each in operations]}


def parse(dumped: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The operations again."""
    return tuple(registry.parse(each["kind"], each["parameters"]) for each in dumped["inOrder"])


def _missing(principal: Principal, state: NumberState, operations: Sequence[Operation]) -> Iterator[Refusal]:
    action = Action.BULK_CHANGE_PLAN
    if not holds(principal, action, state.company_id, state.department_id):
        message, hint = FORBIDDEN(what=action.description), ASK_FOR_ROLE(action=action.value)
        yield Refusal(ErrorCode.FORBIDDEN, message, hint=hint)
    for place, operation in enumerate(operations):
        for refusal in missing_rights(principal, state, operation):
            yield refusal.under("changes", str(place))
