"""Invitations: the message of one, what a company is told of a person who has not accepted it, and their answer."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from authz.principal import Principal
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.rows import Row
from gateway.kit.texts import Language, Text, is_line
from gateway.models import metadata
from gateway.services import holdings, tries
from gateway.services.journal import NewEntry, append
from gateway.services.own_journal import OwnAction, by_themselves
from gateway.services.post import Post, plain
from gateway.services.principals import load_administrator
from gateway.services.running import Run
from gateway.services.tries import Limit
from gateway.services.visits import Visit
from gateway.statements import Statement, Tenant

LONGEST_NAME = 200
BY_COMPANY = Limit(100, timedelta(days=1))
"""Messages of one company about invitations."""
BY_RECIPIENT = Limit(3, timedelta(days=1))
"""Such messages to one e-mail or phone number, of all companies together."""

NO_NAME = Text(en="A name has 1 to {longest} printable characters.", ru="Имя — от 1 до {longest} печатных символов.")
NO_INVITATION = Text(
    en="No company with this id has invited you; those that have are in viewer.invitations.",
    ru="Компания с этим id вас не приглашала; пригласившие перечислены в viewer.invitations.",
)
SUBJECT = Text(en="{company} gives you access to the corporate gateway", ru="{company}: доступ к корпоративному шлюзу")
WELCOME = Text(
    en="{inviter} of {company} gives you access to the corporate gateway. To sign in, first ask there for a one-time "
    "code to this address or number.",
    ru="{company}: {inviter} открывает вам доступ к корпоративному шлюзу. Чтобы войти впервые, запросите там "
    "одноразовый код на этот адрес или номер.",
)
LONGEST_COMPANY, LONGEST_INVITER = 40, 30
"""Characters of names in messages: with them one is of three parts of an SMS at most, also in Cyrillic."""

_INVITATIONS, _GRANTS = metadata.tables["invitations"], metadata.tables["grants"]
_ADMINISTRATORS = metadata.tables["administrators"]
_COMPANY, _ITS_ID = bindparam("company_id", type_=BigInteger), bindparam("its_id", type_=BigInteger)
_TYPED = {name: bindparam(f"its_{name}", type_=String) for name in ("name", "email", "phone", "inviter")}
_KEEP = Statement(
    insert(_INVITATIONS)
    .values(company_id=_COMPANY, administrator_id=_ITS_ID, **_TYPED)
    .on_conflict_do_update(index_elements=["company_id", "administrator_id"], set_=_TYPED)
)
_OF_PERSON = Statement(
    select(func.find_invitations(_ITS_ID).table_valued("company_id", "company", "inviter", "name", "created_at"))
)
_THIS = (_INVITATIONS.c.company_id == _COMPANY, _INVITATIONS.c.administrator_id == _ITS_ID)
_END = Statement(delete(_INVITATIONS).where(*_THIS).returning(_INVITATIONS.c.name))
_HELD_THERE = (_GRANTS.c.company_id == _COMPANY, _GRANTS.c.administrator_id == _ITS_ID)
_END_EMPTY = Statement(delete(_INVITATIONS).where(*_THIS, ~exists().where(*_HELD_THERE)))
_TAKE_BACK = Statement(delete(_GRANTS).where(*_HELD_THERE))
_CALL = Statement(
    update(_ADMINISTRATORS).where(_ADMINISTRATORS.c.id == _ITS_ID).values(name=bindparam("its_name", type_=String))
)


def proper_name(name: str) -> str:
    """A person's name without blanks around it. Raises `Refusal` INVALID at `name`."""
    name = name.strip()
    if not is_line(name, LONGEST_NAME):
        raise Refusal(ErrorCode.INVALID, NO_NAME(longest=LONGEST_NAME), ("name",))
    return name


async def may_tell(visit: Visit, company_id: int, recipient: str) -> bool:
    """Counts a message, and says whether it may be sent: what an invitation gives does not depend on it."""
    for bucket, limit in (
        (visit.keyring.digest("invitation, company", str(company_id)), BY_COMPANY),
        (visit.keyring.digest("invitation, recipient", recipient), BY_RECIPIENT),
    ):
        if not (await tries.claim(visit.db, bucket, limit)).allowed:
            return False
    return True


def tell(post: Post, language: Language, *, company: str, inviter: str, email: str | None, phone: str | None) -> None:
    """Sends an invitation, by e-mail or SMS, while whoever invites goes on."""
    company, inviter = plain(company, LONGEST_COMPANY), plain(inviter, LONGEST_INVITER)
    text = WELCOME.render(language, company=company, inviter=inviter)
    if email is not None:
        post.later(post.email(email, SUBJECT.render(language, company=company), text))
    if phone is not None:
        post.later(post.sms(phone, text))


async def keep(
    run: Run, company_id: int, administrator_id: int, *, name: str, inviter: str, email: str | None, phone: str | None
) -> None:
    """Keeps what an inviter typed: the company is shown that in place of the person's own data until they accept.

    Until then what they are given there is no right.
    """
    typed = {"its_name": name, "its_email": email, "its_phone": phone, "its_inviter": inviter}
    await run(_KEEP, company_id=company_id, its_id=administrator_id, **typed)


async def end_empty(run: Run, company_id: int, administrator_id: int) -> None:
    """Takes an invitation back with the last role that it gave."""
    await run(_END_EMPTY, company_id=company_id, its_id=administrator_id)


async def of_person(db: Database, principal: Principal | None) -> list[Row]:
    """The invitations that wait for a person's answer, the oldest first, with the names of company and inviter."""
    if principal is None or principal.kind != "administrator":
        return []
    return list(await db.fetch(Tenant(), _OF_PERSON, its_id=principal.id))


async def accept(visit: Visit, principal: Principal, company_id: int, name: str) -> Principal:
    """Joins a company that invited the caller, who says what they are called; what they hold from now on.

    The name is theirs everywhere: no company is shown what another one called them. Raises `Refusal` NOT_FOUND, or
    INVALID for what is no name.
    """
    name = proper_name(name)
    named = replace(principal, name=name)
    async with _answered(visit.db, principal, company_id) as (within, invited):
        await within(_CALL, its_id=principal.id, its_name=name)
        entry = _entry(OwnAction.INVITATION_ACCEPT, principal.id, {"invited": invited, "name": name})
        await append(within, company_id, by_themselves(visit, named), datetime.now(UTC), [entry])
    return await load_administrator(visit.db, principal.id, name)


async def decline(visit: Visit, principal: Principal, company_id: int) -> None:
    """Refuses an invitation, with all that was given by it. Raises `Refusal` NOT_FOUND.

    The company learns no more of the person than what it typed.
    """
    async with _answered(visit.db, principal, company_id) as (within, invited):
        await within(_TAKE_BACK, company_id=company_id, its_id=principal.id)
        masked = by_themselves(visit, replace(principal, name=invited))
        entry = _entry(OwnAction.INVITATION_DECLINE, principal.id, {"invited": invited})
        await append(within, company_id, masked, datetime.now(UTC), [entry])


async def accept_first(visit: Visit, principal: Principal) -> None:
    """Accepts the invitation of a new person, who signs in with the code of it, by the name that was typed.

    Of several invitations nothing tells by which of them they come: each waits for their answer.
    """
    waiting = await of_person(visit.db, principal)
    if len(waiting) == 1:
        await accept(visit, principal, waiting[0]["company_id"], waiting[0]["name"])


@contextlib.asynccontextmanager
async def _answered(db: Database, principal: Principal, company_id: int) -> AsyncIterator[tuple[Run, str]]:
    """A transaction in the company that ends the invitation of the caller, and the name that was typed in it."""
    waiting = await of_person(db, principal)
    if all(row["company_id"] != company_id for row in waiting):
        raise Refusal(ErrorCode.NOT_FOUND, NO_INVITATION(), ("companyId",))
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        # Nobody gives them anything more between the answer and its end.
        await holdings.load(within, company_id, lock=True)
        ended = await within(_END, company_id=company_id, its_id=principal.id)
        if not ended:
            raise Refusal(ErrorCode.NOT_FOUND, NO_INVITATION(), ("companyId",))
        yield within, ended[0]["name"]


def _entry(action: OwnAction, administrator_id: int, names: Mapping[str, Any]) -> NewEntry:
    return NewEntry(action=action.value, subject=encode(Kind.ADMINISTRATOR, administrator_id), details={"names": names})
