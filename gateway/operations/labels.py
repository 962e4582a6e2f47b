"""Setting and removing the label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text, excerpt
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import NOTHING_TO_DO, closed
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import NumberState

LONGEST = 100

NONE = Text(en="none", ru="нет")
EMPTY = Text(
    en="A label is not empty. Send null to remove it.", ru="Метка не бывает пустой. Чтобы снять её, передайте null."
)
TOO_LONG = Text(
    en="A label has at most {longest} characters, not {length}.",
    ru="В метке не больше {longest} знаков, а не {length}.",
)
NOT_PRINTABLE = Text(
    en="“{given}” holds characters that cannot be printed.", ru="«{given}» содержит непечатаемые знаки."
)
SAME_LABEL = Text(en="The label is like that already.", ru="Метка уже такая.")


@dataclass(frozen=True, slots=True)
class LabelSet(Operation):
    """Sets the label, without spaces around it; None removes it."""

    label: str | None

    kind: ClassVar[Action] = Action.LABEL_SET
    field: ClassVar[str] = "labelSet"
    summary: ClassVar[Text] = Text(en="Label of {msisdn}: {label}", ru="Метка номера {msisdn}: {label}")
    provisioned: ClassVar[bool] = False

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self._obstacles(state, catalogue, moment)):
            return Outcome(state, refusals=refusals)
        return Outcome(replace(state, label=self._stripped()))

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        field, label = (self.field, "label"), self._stripped()
        if label == "":
            yield Refusal(ErrorCode.INVALID, EMPTY(), field)
        elif label is not None and len(label) > LONGEST:
            yield Refusal(ErrorCode.TOO_LARGE, TOO_LONG(longest=LONGEST, length=len(label)), field)
        elif label is not None and not label.isprintable():
            yield Refusal(ErrorCode.INVALID, NOT_PRINTABLE(given=excerpt(label)), field)

    def _stripped(self) -> str | None:
        return None if self.label is None else self.label.strip()

    def _obstacles(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if refusal := closed(state):
            yield refusal
        elif self._stripped() == state.label:
            yield Refusal(ErrorCode.ALREADY_DONE, SAME_LABEL(), (self.field, "label"), hint=NOTHING_TO_DO())
        else:
            yield from self.wrong(catalogue, moment)

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (LabelSet(before.label),)

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"label": self._stripped() or wording.in_both_languages(NONE)}
