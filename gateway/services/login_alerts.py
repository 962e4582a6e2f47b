"""Alerts about log-ins by e-mail and SMS: off until somebody switches them on, and never in a log-in's way."""

from datetime import datetime
from functools import partial

from sqlalchemy import BigInteger, Boolean, bindparam, update

from authz.principal import Principal
from gateway.db import run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.services.logins import Login, find_administrator
from gateway.services.own_journal import OwnAction, append_everywhere, by_themselves
from gateway.services.visits import Visit
from gateway.statements import Statement, Tenant

SUBJECT = Text(en="Log-in to the corporate gateway", ru="Вход в корпоративный шлюз")
BODY = Text(
    en="{name} signed in at {at} UTC from {ip}: {device}. "
    "If it was not you, change the password: that ends all sessions.",
    ru="{name}: вход {at} UTC с адреса {ip}: {device}. Если это были не вы, смените пароль: все сеансы завершатся.",
)
NO_PERSON = Text(en="An API key never signs in.", ru="По ключу API не входят.")
NO_ADDRESS = Text(
    en="There is no address for these alerts: you sign in by the other kind only. Switch on that one.",
    ru="Для таких оповещений нет адреса: вы входите только по другому. Включите оповещения на него.",
)

_LONGEST_DEVICE = 60
_ADMINISTRATORS = metadata.tables["administrators"]
_SET = Statement(
    update(_ADMINISTRATORS)
    .where(_ADMINISTRATORS.c.id == bindparam("its_id", type_=BigInteger))
    .values(
        alert_email=bindparam("by_email", type_=Boolean),
        alert_sms=bindparam("by_sms", type_=Boolean),
    )
)


def alert(visit: Visit, found: Login, at: datetime) -> None:
    """Tells an administrator of a log-in, if they want that, while the log-in goes on."""
    if not (found.alert_email or found.alert_sms):
        return
    device = visit.user_agent[:_LONGEST_DEVICE] or "?"
    body = BODY.render(found.language, name=found.name, at=f"{at:%Y-%m-%d %H:%M}", ip=visit.ip, device=device)
    if found.alert_email and found.email is not None:
        visit.post.later(visit.post.email(found.email, SUBJECT.render(found.language), body))
    if found.alert_sms and found.phone is not None:
        visit.post.later(visit.post.sms(found.phone, body))


async def set_login_alerts(visit: Visit, principal: Principal, *, email: bool, sms: bool) -> None:
    """Switches the caller's alerts on and off. Raises `Refusal` NOT_AVAILABLE without an address for them."""
    if principal.kind != "administrator":
        raise Refusal(ErrorCode.FORBIDDEN, NO_PERSON())
    own = await find_administrator(visit, principal.id)
    if own is None or (email and own.email is None):
        raise Refusal(ErrorCode.NOT_AVAILABLE, NO_ADDRESS(), ("email",))
    if sms and own.phone is None:
        raise Refusal(ErrorCode.NOT_AVAILABLE, NO_ADDRESS(), ("sms",))
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        await within(_SET, its_id=principal.id, by_email=email, by_sms=sms)
        await append_everywhere(
            within,
            principal,
            by_themselves(visit, principal),
            OwnAction.ALERTS_SET,
            {},
            before={"email": own.alert_email, "sms": own.alert_sms},
            after={"email": email, "sms": sms},
        )
