"""Administrators: those whom a caller sees, and, by what they sign in with, found or added where there is nobody."""

from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, String, any_, bindparam, exists, func, select

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.kit.texts import Language, Text
from gateway.models import metadata
from gateway.models.invitations import SHOWN
from gateway.services.running import Run
from gateway.statements import Statement

NO_ADMINISTRATOR = Text(
    en="There is no such administrator in your companies. Invite new ones by e-mail or phone number.",
    ru="Такого администратора в ваших компаниях нет. Нового пригласите по e-mail или номеру телефона.",
)

_ADMINISTRATORS, _GRANTS = metadata.tables["administrators"], metadata.tables["grants"]
_INVITATIONS = metadata.tables["invitations"]
_WAITS_ELSEWHERE = exists().where(
    _INVITATIONS.c.company_id == _GRANTS.c.company_id,
    _INVITATIONS.c.administrator_id == _GRANTS.c.administrator_id,
    _INVITATIONS.c.company_id != bindparam("joining", type_=BigInteger),
)
_SEEN = Statement(
    select(SHOWN["name"].label("name")).where(
        _ADMINISTRATORS.c.id == bindparam("id", type_=BigInteger),
        exists().where(
            _GRANTS.c.administrator_id == _ADMINISTRATORS.c.id,
            _GRANTS.c.company_id == any_(bindparam("companies", type_=ARRAY(BigInteger))),
            ~_WAITS_ELSEWHERE.correlate(_GRANTS),
        ),
    )
)
_FIND_LOGIN = Statement(
    select(func.find_login(bindparam("login", type_=String), None, None).table_valued("administrator_id", "name"))
)
_ADD = Statement(
    select(
        func.add_administrator(
            *(bindparam(f"its_{name}", type_=String) for name in ("name", "email", "phone", "language"))
        ).label("id")
    )
)


@dataclass(frozen=True, slots=True)
class Person:
    """An administrator to be given something, by the name that the giver may know; `new` to those who give."""

    id: int
    name: str
    new: bool = False


async def seen_name(run: Run, principal: Principal, administrator_id: int, *, joining: int | None = None) -> str | None:
    """The name by which the caller sees an administrator; None for somebody whom they don't.

    Into a company that they would be `joining` nobody comes whom another one has only invited so far.
    """
    companies = scope(principal, Action.ADMINISTRATOR_READ).whole.companies
    rows = await run(_SEEN, id=administrator_id, companies=companies, joining=joining)
    return str(rows[0]["name"]) if rows else None


async def add(run: Run, name: str, *, email: str | None, phone: str | None, language: Language) -> int | None:
    """The id of a new administrator; None when somebody has one of the log-ins."""
    [row] = await run(_ADD, its_name=name, its_email=email, its_phone=phone, its_language=language.name)
    administrator_id: int | None = row["id"]
    return administrator_id


async def find_or_add(run: Run, name: str, *, email: str | None, phone: str | None, language: Language) -> Person:
    """The administrator with this log-in, added if there is none; the e-mail decides before the phone number.

    The name of one who exists stays theirs.
    """
    while True:
        for login in (email, phone):
            for row in await run(_FIND_LOGIN, login=login):
                return Person(row["administrator_id"], row["name"])
        added = await add(run, name, email=email, phone=phone, language=language)
        if added is not None:
            return Person(added, name, new=True)
        # Somebody else added them in between, and is found now.
