"""Invitations: the message of one, and what a company may be told of a person who has not signed in since."""

from sqlalchemy import BigInteger, String, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from gateway.kit.texts import Language, Text
from gateway.models import metadata
from gateway.services.post import Post, plain
from gateway.services.running import Run
from gateway.statements import Statement

SUBJECT = Text(en="{company} gives you access to the corporate gateway", ru="{company}: доступ к корпоративному шлюзу")
WELCOME = Text(
    en="{inviter} of {company} gives you access to the corporate gateway. To sign in, first ask there for a one-time "
    "code to this address or number.",
    ru="{company}: {inviter} открывает вам доступ к корпоративному шлюзу. Чтобы войти впервые, запросите там "
    "одноразовый код на этот адрес или номер.",
)
LONGEST_COMPANY, LONGEST_INVITER = 40, 30
"""Characters of names in messages: with them one is of three parts of an SMS at most, also in Cyrillic."""

_INVITATIONS = metadata.tables["invitations"]
_ITS_ID = bindparam("its_id", type_=BigInteger)
_TYPED = {name: bindparam(f"its_{name}", type_=String) for name in ("name", "email", "phone")}
_KEEP = Statement(
    insert(_INVITATIONS)
    .values(company_id=bindparam("company_id", type_=BigInteger), administrator_id=_ITS_ID, **_TYPED)
    .on_conflict_do_update(index_elements=["company_id", "administrator_id"], set_=_TYPED)
)
_WAITING = Statement(select(_INVITATIONS.c.company_id).where(_INVITATIONS.c.administrator_id == _ITS_ID))
_END = Statement(delete(_INVITATIONS).where(_INVITATIONS.c.administrator_id == _ITS_ID))


def tell(post: Post, language: Language, *, company: str, inviter: str, email: str | None, phone: str | None) -> None:
    """Sends an invitation, by e-mail or SMS, while whoever invites goes on."""
    company, inviter = plain(company, LONGEST_COMPANY), plain(inviter, LONGEST_INVITER)
    text = WELCOME.render(language, company=company, inviter=inviter)
    if email is not None:
        post.later(post.email(email, SUBJECT.render(language, company=company), text))
    if phone is not None:
        post.later(post.sms(phone, text))


async def keep(
    run: Run, company_id: int, administrator_id: int, name: str, *, email: str | None, phone: str | None
) -> None:
    """Keeps what an inviter typed; the company is shown that in place of the person's own data."""
    await run(_KEEP, company_id=company_id, its_id=administrator_id, its_name=name, its_email=email, its_phone=phone)


async def waiting(run: Run, administrator_id: int) -> set[int]:
    """The companies of the tenant that have invited an administrator who has not signed in since."""
    return {row["company_id"] for row in await run(_WAITING, its_id=administrator_id)}


async def end(run: Run, administrator_id: int) -> None:
    """Shows an administrator who signs in to all companies of theirs."""
    await run(_END, its_id=administrator_id)
