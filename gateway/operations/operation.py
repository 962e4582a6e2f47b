"""What an operation is: something that can be checked against a number, priced, applied and taken back."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple, TypeAlias

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text
from gateway.operations.catalogue import Catalogue
from gateway.operations.state import NumberState

Name: TypeAlias = str | Mapping[str, str]
"""A name as the journal keeps it; that of something built in by the tag of each language."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation would do: the state after it and its price, or refusals; then the state is as it was.

    `one_off_kopecks` is taken at once, `monthly_kopecks` the difference of an average month's fees; where an option
    begins with a promotion, the fee after it counts.
    """

    after: NumberState
    one_off_kopecks: int = 0
    monthly_kopecks: int = 0
    warnings: tuple[Message, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def done_already(self) -> bool:
        """Whether nothing else is against it than that it is so already."""
        return bool(self.refusals) and all(each.code is ErrorCode.ALREADY_DONE for each in self.refusals)


class Operation(ABC):
    """Something that can be done to a number. A frozen dataclass of its parameters, which are stored as JSON.

    `kind` is the action that it needs and the journal's name for it, `also` what it needs beside that, `field` its
    place in the change input, `summary` the journal's line in words over the names that `names` gives. `provisioned`:
    the operator's system carries it out; otherwise it is the company's own bookkeeping.
    """

    __slots__ = ()

    kind: ClassVar[Action]
    also: ClassVar[tuple[Action, ...]] = ()
    field: ClassVar[str]
    summary: ClassVar[Text]
    provisioned: ClassVar[bool] = True

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        """What is wrong with it whatever the number is; fields as in `check`, which refuses it too."""
        yield from ()

    @abstractmethod
    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        """What it would do at that moment. The fields of refusals begin at the change input: ("optionConnect", …)."""

    @abstractmethod
    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple["Operation", ...]:
        """What takes it back, in order, where it led from `before` to `after`."""

    @abstractmethod
    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        """The names of what it touches as they are now, for the journal; keys as in `summary`, without {msisdn}."""


class Checked(NamedTuple):
    """An operation, the state before it, what it would do there, and its place among those that were asked for."""

    operation: Operation
    before: NumberState
    outcome: Outcome
    place: int


def check_each(
    operations: Sequence[Operation], state: NumberState, catalogue: Catalogue, moment: datetime
) -> list[Checked]:
    """Several operations, one after another on the same number, up to the first that is refused.

    What is done already is passed over; where nothing else is left, its refusal is all there is.
    """
    checked: list[Checked] = []
    moot: list[Checked] = []
    for place, operation in enumerate(operations):
        outcome = operation.check(state, catalogue, moment)
        each = Checked(operation, state, outcome, place)
        if outcome.done_already:
            moot.append(each)
            continue
        checked.append(each)
        if outcome.refusals:
            break
        state = outcome.after
    return checked or moot[:1]


def check_all(operations: Sequence[Operation], state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
    """Several operations, one after another on the same number: all, or, when one is refused, none."""
    return total(state, check_each(operations, state, catalogue, moment))


def total(state: NumberState, checked: Sequence[Checked]) -> Outcome:
    """What operations that were checked on this state would do together."""
    if not checked:
        return Outcome(state)
    outcomes = [each.outcome for each in checked]
    if outcomes[-1].refusals:
        return Outcome(state, refusals=outcomes[-1].refusals)
    if len(outcomes) == 1:
        return outcomes[0]
    return Outcome(
        outcomes[-1].after,
        sum(outcome.one_off_kopecks for outcome in outcomes),
        sum(outcome.monthly_kopecks for outcome in outcomes),
        tuple(warning for outcome in outcomes for warning in outcome.warnings),
    )
