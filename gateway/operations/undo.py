"""What it would take to take operations back, known before they are done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.kit.texts import Message, Text
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Checked, Operation, check_all
from gateway.operations.state import NumberState

NOT_REFUNDED = Text(en="{price} taken at once is not paid back.", ru="Разовая плата {price} не возвращается.")
COSTS = Text(en="Taking it back costs {price}.", ru="Обратное изменение стоит {price}.")
SIM_GONE = Text(en="The former SIM card does not work again.", ru="Прежняя SIM-карта больше не заработает.")
PROMOTION_GONE = Text(en="The promotion of “{option}” does not come back.", ru="Акция по опции «{option}» не вернётся.")


@dataclass(frozen=True, slots=True)
class Undo:
    """The operations that take others back, in order, their price in kopecks, and what stays different all the same."""

    operations: tuple[Operation, ...]
    one_off_kopecks: int
    irreversible: tuple[Message, ...]


def inverses(checked: Sequence[Checked], catalogue: Catalogue) -> tuple[Operation, ...]:
    """What takes operations back, the last one first."""
    return tuple(
        inverse
        for each in reversed(checked)
        for inverse in each.operation.inverse(each.before, each.outcome.after, catalogue)
    )


def stand(
    operations: Sequence[Operation],
    reverse: Sequence[Operation],
    state: NumberState,
    catalogue: Catalogue,
    moment: datetime,
) -> bool:
    """Whether each operation stands as it was done, or was taken back just as `reverse` would have it.

    Found by trying: what stands is done already, and doing anew what was taken back would be taken back alike.
    """
    for operation in operations:
        outcome = operation.check(state, catalogue, moment)
        again = operation.inverse(state, outcome.after, catalogue)
        if not outcome.done_already and any(each not in reverse for each in again):
            return False
    return True


def undo(checked: Sequence[Checked], catalogue: Catalogue, moment: datetime) -> Undo:
    """How to take back operations, one at least, that were checked on a number and are not refused.

    What is irreversible is found by trying: the inverses are checked on the state afterwards, under the same rules and
    prices as anything else.
    """
    state, after = checked[0].before, checked[-1].outcome.after
    reverse = inverses(checked, catalogue)
    paid = sum(each.outcome.one_off_kopecks for each in checked)
    back = check_all(reverse, after, catalogue, moment)
    notes = [refusal.message for refusal in back.refusals]
    if paid:
        notes.append(NOT_REFUNDED(price=wording.money(paid)))
    if back.one_off_kopecks:
        notes.append(COSTS(price=wording.money(back.one_off_kopecks)))
    if back.after.iccid != state.iccid:
        notes.append(SIM_GONE())
    notes += [
        PROMOTION_GONE(option=catalogue.options[each].name) for each in _promotions_lost(state, back.after, moment)
    ]
    return Undo(reverse, back.one_off_kopecks, tuple(notes))


def _promotions_lost(before: NumberState, restored: NumberState, moment: datetime) -> Iterator[int]:
    for option_id in sorted(restored.used_promotions - before.used_promotions):
        connected = before.options.get(option_id)
        if connected is None or (connected.promo_ends_at is not None and connected.promo_ends_at > moment):
            yield option_id
