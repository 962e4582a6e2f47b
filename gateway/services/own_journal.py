"""What administrators do with their own log-ins, as lines in the journal of each company where they hold anything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from authz.principal import Principal
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Described
from gateway.models.journal import ActorKind
from gateway.services.journal import NewEntry, Origin, append
from gateway.services.running import Run
from gateway.services.visits import Visit


class OwnAction(Described):
    """What is written down, with its line in words; none of them needs a role, but for what is done to others."""

    IMPORT = (
        "login:import",
        "The log-in of {name} was taken over from the old portal",
        "Логин администратора {name} перенесён со старого портала",
    )
    LOCK = (
        "login:lock",
        "The log-in of {name} was locked after too many wrong tries",
        "Логин администратора {name} заблокирован после неверных попыток",
    )
    PASSWORD_RESET = (
        "password:reset",
        "{name} set a password by a one-time code",
        "{name}: пароль задан по одноразовому коду",
    )
    PASSWORD_CHANGE = "password:change", "{name} changed the password", "{name}: пароль изменён"
    SESSION_REVOKE = "session:revoke", "{name} ended a session", "{name}: сеанс завершён"
    SECOND_FACTOR_ADD = "second_factor:add", "{name} added a second factor", "{name}: добавлен второй фактор"
    SECOND_FACTOR_REMOVE = (
        "second_factor:remove",
        "{name} removed a second factor",
        "{name}: второй фактор удалён",
    )
    SECOND_FACTOR_RESET = (
        "second_factor:reset",
        "All second factors, the password and the sessions of {name} were ended",
        "{name}: завершены все вторые факторы, пароль и сеансы",
    )
    RECOVERY_CODES_RENEW = (
        "recovery_codes:renew",
        "{name} made new recovery codes",
        "{name}: созданы новые коды восстановления",
    )
    RECOVERY_CODE_USE = (
        "recovery_code:use",
        "{name} used a recovery code",
        "{name}: использован код восстановления",
    )
    INVITATION_ACCEPT = (
        "invitation:accept",
        "{invited} accepted the invitation, by the name {name}",
        "{invited}: приглашение принято, имя — {name}",
    )
    INVITATION_DECLINE = (
        "invitation:decline",
        "{invited} declined the invitation",
        "{invited}: приглашение отклонено",
    )
    ALERTS_SET = "login_alerts:set", "{name} set the log-in alerts", "{name}: изменены оповещения о входе"


def by_system(visit: Visit) -> Origin:
    """The gateway itself does it, upon somebody's request."""
    return Origin(ActorKind.SYSTEM, None, "gateway", visit.channel, visit.correlation_id)


def by_themselves(visit: Visit, principal: Principal) -> Origin:
    return Origin.of(principal, visit.channel, visit.correlation_id)


async def append_everywhere(
    run: Run,
    principal: Principal,
    origin: Origin,
    action: OwnAction,
    details: Mapping[str, Any],
    *,
    subject: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """A line in each company of the principal, in the order of the companies, so that nobody waits in a circle.

    Without a subject the line is about the administrator. It comes last in a transaction, as `journal.append` does.
    """
    entry = NewEntry(
        action=action.value,
        subject=subject or encode(Kind.ADMINISTRATOR, principal.id),
        before=before,
        after=after,
        details={"names": {"name": principal.name}, **details},
    )
    moment = datetime.now(UTC)
    for company_id in principal.companies:
        await append(run, company_id, origin, moment, [entry])
