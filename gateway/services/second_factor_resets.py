"""Resetting the second factor of somebody who has lost it: by those who hold as much, or by the operator's staff."""

from functools import partial

from sqlalchemy import BigInteger, bindparam, func, select

from authz.actions import Action
from authz.principal import Principal
from gateway.db import run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Text, is_line
from gateway.models import metadata
from gateway.models.journal import ActorKind, Channel
from gateway.services import giving, holdings
from gateway.services.administrators import NO_ADMINISTRATOR, seen_name
from gateway.services.companies import company_name
from gateway.services.giving import Place
from gateway.services.idempotency import Answer, once
from gateway.services.journal import Origin
from gateway.services.logins import Login, find_administrator, find_login, normal_login
from gateway.services.own_journal import OwnAction, append_everywhere, by_themselves
from gateway.services.passwords import forget_password
from gateway.services.post import plain
from gateway.services.principals import load_administrator
from gateway.services.running import Run
from gateway.services.second_factors import remove_all
from gateway.services.sessions import end_sessions
from gateway.services.step_up import require_step_up
from gateway.services.visits import Visit
from gateway.statements import Statement, Tenant

LONGEST_REASON = 500

A_PERSON = Text(en="A person has to do this, not a key.", ru="Это должен сделать человек, а не ключ.")
OWN = Text(
    en="These are your own second factors.",
    ru="Это ваши собственные вторые факторы.",
)
OWN_HINT = Text(
    en="Remove them by secondFactorRemove; a recovery code stands in for one. When all is lost, ask another owner.",
    ru="Удалите их через secondFactorRemove; вместо фактора подходит код восстановления. Если утеряно всё, обратитесь "
    "к другому владельцу.",
)
ELSEWHERE = Text(
    en="It is not for you alone to decide on this person.", ru="Решение об этом человеке принимаете не только вы."
)
ASK_OPERATOR = Text(
    en="The person asks the operator's office, which resets second factors after looking at papers.",
    ru="Пусть человек обратится в офис оператора: там сбрасывают вторые факторы по документам.",
)
NO_FACTOR = Text(en="This person has no second factor.", ru="У этого человека нет второго фактора.")
NO_LOGIN = Text(
    en="There is no administrator with this e-mail or phone number.",
    ru="Администратора с таким e-mail или номером телефона нет.",
)
NO_REASON = Text(
    en="Say in 1 to {longest} characters which papers were seen.",
    ru="Укажите, какие документы предъявлены: от 1 до {longest} символов.",
)

SUBJECT = Text(en="Your second factor was reset", ru="Ваш второй фактор сброшен")
BODY = Text(
    en="{who} reset your second factor, password and sessions in the corporate gateway. Sign in by a one-time code. "
    "You did not ask for this? Tell an owner at once.",
    ru="{who}: в корпоративном шлюзе сброшены ваш второй фактор, пароль и сеансы. Войдите по одноразовому коду. "
    "Не просили об этом? Сразу сообщите владельцу.",
)
OF_COMPANY = Text(en="{name} of {company}", ru="{name}, {company}")
OF_OPERATOR = Text(en="The operator's office", ru="Офис оператора")

_ADMINISTRATORS = metadata.tables["administrators"]
# Nobody gives the person a role before the end of the transaction: that takes the row's key.
_LOCK = Statement(
    select(_ADMINISTRATORS.c.id).where(_ADMINISTRATORS.c.id == bindparam("its_id", type_=BigInteger)).with_for_update()
)
_grants = func.find_grants(bindparam("its_id", type_=BigInteger), None).table_valued("company_id")
_COMPANIES = Statement(select(_grants.c.company_id).distinct())


async def reset(
    visit: Visit,
    principal: Principal,
    administrator_id: int,
    *,
    session_id: int | None,
    idempotency_key: str | None = None,
) -> None:
    """Ends all second factors of somebody else, with the recovery codes, the password and all sessions.

    So the person signs in by a one-time code to their own e-mail or phone, and is told of it there; whoever resets gets
    nothing in hand. In each company where the person holds anything, the caller must hold the action and no less than
    they do. Raises `Refusal` NOT_FOUND for who the caller does not see, FORBIDDEN, STEP_UP_REQUIRED, and NOT_AVAILABLE
    for who has no second factor, or has not accepted the invitation yet: of them nothing is told.
    """
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within, told = partial(run, session), list[tuple[Login, str]]()
        if await seen_name(within, principal, administrator_id) is None:
            raise Refusal(ErrorCode.NOT_FOUND, NO_ADMINISTRATOR(), ("administratorId",))
        if principal.kind != "administrator":
            raise Refusal(ErrorCode.FORBIDDEN, A_PERSON())
        if principal.id == administrator_id:
            raise Refusal(ErrorCode.FORBIDDEN, OWN(), ("administratorId",), hint=OWN_HINT())
        shared = [each for each in await _companies(within, administrator_id) if each in principal.companies]
        if not shared:  # they have not accepted the invitation, or somebody has just taken the last role
            raise _no_factor()

        async def act() -> Answer:
            for company_id in shared:
                await _require_no_less(within, principal, administrator_id, company_id)
            await require_step_up(visit.db, principal, session_id)
            await within(_LOCK, its_id=administrator_id)
            if await _companies(within, administrator_id) != shared:
                raise Refusal(ErrorCode.FORBIDDEN, ELSEWHERE(), ("administratorId",), hint=ASK_OPERATOR())
            login = await find_administrator(visit, administrator_id)
            if login is None or not login.second_factor:
                raise _no_factor()
            await _end(within, visit, login, by_themselves(visit, principal), {})
            told.append((login, await company_name(within, shared[0])))
            return {}

        request = {"secondFactorReset": encode(Kind.ADMINISTRATOR, administrator_id)}
        origin = by_themselves(visit, principal)
        await once(within, idempotency_key, act, company_id=shared[0], origin=origin, request=request)
    for login, company in told:
        who = OF_COMPANY.render(login.language, name=plain(principal.name, 30), company=plain(company, 40))
        _tell(visit, login, who)


async def reset_by_staff(visit: Visit, reviewer: str, login: str, papers: str) -> None:
    """The same, for anybody, by the operator's staff, after looking at these papers. Raises `Refusal`."""
    papers = " ".join(papers.split())
    if not is_line(papers, LONGEST_REASON):
        raise Refusal(ErrorCode.REQUIRED, NO_REASON(longest=LONGEST_REASON), ("papers",))
    found = await find_login(visit, normal_login(login))
    if found is None:
        raise Refusal(ErrorCode.NOT_FOUND, NO_LOGIN(), ("login",))
    if not found.second_factor:
        raise Refusal(ErrorCode.NOT_AVAILABLE, NO_FACTOR(), ("login",))
    principal = await load_administrator(visit.db, found.administrator_id, found.name)
    origin = Origin(ActorKind.STAFF, None, reviewer, Channel.OFFICE, None)
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        await _end(partial(run, session), visit, found, origin, {"papers": papers})
    _tell(visit, found, OF_OPERATOR.render(found.language))


async def _companies(run: Run, administrator_id: int) -> list[int]:
    """Where an administrator holds anything, whoever asks."""
    return sorted(row["company_id"] for row in await run(_COMPANIES, its_id=administrator_id))


async def _require_no_less(run: Run, principal: Principal, administrator_id: int, company_id: int) -> None:
    """The caller must hold the action in all of the company, and there no less than the administrator does."""
    held = await holdings.load(run, company_id, lock=True)
    caller = held.principal(principal.kind, principal.id)
    giving.require(caller, Action.SECOND_FACTOR_RESET, Place(company_id), "administratorId")
    for row in held.rows:
        if row["administrator_id"] == administrator_id:
            giving.require_no_more(caller, giving.role_of(row).actions, giving.place_of(row), "administratorId")


async def _end(run: Run, visit: Visit, login: Login, origin: Origin, details: dict[str, str]) -> None:
    """Ends all by which somebody signs in but their e-mail and phone, and writes it down where they hold anything."""
    removed = await remove_all(run, login.administrator_id)
    await forget_password(run, login.administrator_id)
    ended = await end_sessions(run, login.administrator_id)
    principal = await load_administrator(visit.db, login.administrator_id, login.name)
    await append_everywhere(
        run,
        principal,
        origin,
        OwnAction.SECOND_FACTOR_RESET,
        {"ended_sessions": ended, **details},
        before={"secondFactors": removed},
    )


def _tell(visit: Visit, login: Login, who: str) -> None:
    text = BODY.render(login.language, who=who)
    if login.email is not None:
        visit.post.later(visit.post.email(login.email, SUBJECT.render(login.language), text))
    if login.phone is not None:
        visit.post.later(visit.post.sms(login.phone, text))


def _no_factor() -> Refusal:
    return Refusal(ErrorCode.NOT_AVAILABLE, NO_FACTOR(), ("administratorId",))
