"""The steps of bulk changes as lines of the journal; what is done to their numbers has lines of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Described
from gateway.models.journal import ActorKind, Channel
from gateway.services import journal
from gateway.services.journal import NewEntry, Origin
from gateway.services.running import Run

BY_WORKER = Origin(ActorKind.SYSTEM, None, "gateway", Channel.SYSTEM, None)


class BulkStep(Described):
    """What is written down, with its line in words."""

    PLAN = "bulk_change:plan", "Bulk change {change} asked for", "Запрошено массовое изменение {change}"
    RETRY = (
        "bulk_change:retry",
        "Bulk change {change} asked for: what {earlier} has left",
        "Запрошено массовое изменение {change}: то, что не сделано в {earlier}",
    )
    UNDO = (
        "bulk_change:undo",
        "Bulk change {change} asked for: it takes back {earlier}",
        "Запрошено массовое изменение {change}: оно отменяет {earlier}",
    )
    APPLY = "bulk_change:apply", "Bulk change {change} applied", "Запущено массовое изменение {change}"
    APPROVE = "bulk_change:approve", "Bulk change {change} approved", "Одобрено массовое изменение {change}"
    REJECT = "bulk_change:reject", "Bulk change {change} rejected", "Отклонено массовое изменение {change}"
    PAUSE = "bulk_change:pause", "Bulk change {change} paused", "Приостановлено массовое изменение {change}"
    RESUME = "bulk_change:resume", "Bulk change {change} resumed", "Продолжено массовое изменение {change}"
    CANCEL = "bulk_change:cancel", "Bulk change {change} cancelled", "Прекращено массовое изменение {change}"
    FINISH = "bulk_change:finish", "Bulk change {change} ended", "Завершено массовое изменение {change}"


async def note(
    run: Run,
    company_id: int,
    change_id: int,
    origin: Origin,
    moment: datetime,
    step: BulkStep,
    *,
    names: Mapping[str, str] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    comment: str | None = None,
) -> None:
    """A line about a bulk change, as the last thing in a transaction that can wait: see `journal.append`."""
    change = encode(Kind.BULK_CHANGE, change_id)
    entry = NewEntry(
        action=step.value,
        subject=change,
        bulk_change_id=change_id,
        before=before,
        after=after,
        details={"names": {"change": change, **(names or {})}, "comment": comment},
    )
    await journal.append(run, company_id, origin, moment, [entry])
