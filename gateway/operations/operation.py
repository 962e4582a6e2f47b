"""What an operation is: something that can be checked against a number, priced, applied and taken back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, TypeAlias

from authz.actions import Action
from gateway.kit.errors import Refusal
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


class Operation(ABC):
    """Something that can be done to a number. A frozen dataclass of its parameters, which are stored as JSON.

    `kind` is the action that it needs and the journal's name for it, `field` its place in the change input, `summary`
    the journal's line in words over the names that `names` gives.
    """

    __slots__ = ()

    kind: ClassVar[Action]
    field: ClassVar[str]
    summary: ClassVar[Text]

    @abstractmethod
    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        """What it would do at that moment. The fields of refusals begin at the change input: ("optionConnect", …)."""

    @abstractmethod
    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple["Operation", ...]:
        """What takes it back, in order, where it led from `before` to `after`."""

    @abstractmethod
    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        """The names of what it touches as they are now, for the journal; keys as in `summary`, without {msisdn}."""


def check_all(operations: Sequence[Operation], state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
    """Several operations, one after another on the same number: all of them, or, when one is refused, none."""
    total = Outcome(state)
    for operation in operations:
        outcome = operation.check(total.after, catalogue, moment)
        if outcome.refusals:
            return Outcome(state, refusals=outcome.refusals)
        total = replace(
            outcome,
            one_off_kopecks=total.one_off_kopecks + outcome.one_off_kopecks,
            monthly_kopecks=total.monthly_kopecks + outcome.monthly_kopecks,
            warnings=total.warnings + outcome.warnings,
        )
    return total
