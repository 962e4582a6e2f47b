"""Replacing the SIM card."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.identifiers import iccid_spellings
from gateway.kit.texts import Text
from gateway.models.numbers import SimKind
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import NOTHING_TO_DO, closed
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import NumberState

SIM_KINDS = {
    SimKind.PHYSICAL: Text(en="SIM card", ru="SIM-карта"),
    SimKind.ESIM: Text(en="eSIM", ru="eSIM"),
}
"""Kinds of SIM in words."""

SAME_SIM = Text(en="The number has this SIM card already.", ru="Эта SIM-карта уже установлена на номере.")
TAKEN = Text(
    en="This SIM card is in use already. Take another one.",
    ru="Эта SIM-карта уже используется. Возьмите другую.",
)
OLD_STOPS = Text(
    en="The present card {iccid} stops working at once and for good. An administrator of the company who signs in with "
    "this phone number is signed out everywhere.",
    ru="Нынешняя карта {iccid} сразу и навсегда перестанет работать. Администратор компании, который входит по этому "
    "номеру телефона, выйдет из системы на всех устройствах.",
)


@dataclass(frozen=True, slots=True)
class SimReplace(Operation):
    """Puts a number onto another card or eSIM profile, named by its ICCID (digits), for nothing.

    A blocked number may get one too: that is what to do before a lost one is unblocked. The former card is dead, so
    there is no way back to it.
    """

    iccid: str
    sim_kind: SimKind = SimKind.PHYSICAL

    kind: ClassVar[Action] = Action.SIM_REPLACE
    field: ClassVar[str] = "simReplace"
    summary: ClassVar[Text] = Text(
        en="Number {msisdn} put onto another {sim}: {iccid}", ru="На номере {msisdn} теперь другая {sim}: {iccid}"
    )

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self._obstacles(state)):
            return Outcome(state, refusals=refusals)
        warnings = (OLD_STOPS(iccid=state.iccid),) if state.iccid else ()
        return Outcome(replace(state, iccid=self.iccid, sim_kind=self.sim_kind), warnings=warnings)

    def _obstacles(self, state: NumberState) -> Iterator[Refusal]:
        field, same = (self.field, "iccid"), iccid_spellings(self.iccid)
        if refusal := closed(state):
            yield refusal
        elif state.iccid in same:
            yield Refusal(ErrorCode.ALREADY_DONE, SAME_SIM(), field, hint=NOTHING_TO_DO())
        elif any(state.around.sims.get(each, state.id) != state.id for each in same):
            yield Refusal(ErrorCode.CONFLICT, TAKEN(), field)

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return ()

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"iccid": self.iccid, "sim": wording.in_both_languages(SIM_KINDS[self.sim_kind])}
