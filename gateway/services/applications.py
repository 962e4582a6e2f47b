"""Applications for access: a stranger asks for a company's cabinet, the operator's staff decides."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial

from sqlalchemy import BigInteger, LargeBinary, String, bindparam, func, insert, select, true, update

from gateway.db import Database, run
from gateway.kit.emails import parse_email
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal, Refusals
from gateway.kit.rows import Row
from gateway.kit.texts import Language, Text, is_line
from gateway.models import metadata
from gateway.models.applications import ApplicationStatus
from gateway.models.companies import CompanyStatus
from gateway.models.journal import ActorKind, Channel
from gateway.services import grants, holdings, tries
from gateway.services.administrators import find_or_add
from gateway.services.batches import Values
from gateway.services.journal import Origin
from gateway.services.post import Post
from gateway.services.principals import hash_token
from gateway.services.running import Run
from gateway.services.tries import Limit
from gateway.services.visits import Visit
from gateway.statements import Statement, Tenant

LONGEST_TEXT = 200
BY_ADDRESS = Limit(5, timedelta(hours=1))
"""Applications from one network address, which an office shares."""

NO_TEXT = Text(
    en="This takes 1 to {longest} printable characters.", ru="Здесь нужно от 1 до {longest} печатных символов."
)
TOO_MANY = Text(
    en="Too many applications came from here. Try again in an hour.",
    ru="Отсюда пришло слишком много заявок. Попробуйте через час.",
)
NO_APPLICATION = Text(en="There is no such application.", ru="Такой заявки нет.")
NOT_NOW = {
    ApplicationStatus.SUBMITTED: Text(
        en="The review of this application has not begun.", ru="Рассмотрение этой заявки ещё не начато."
    ),
    ApplicationStatus.IN_REVIEW: Text(
        en="The review of this application has begun already.", ru="Рассмотрение этой заявки уже начато."
    ),
    ApplicationStatus.APPROVED: Text(en="This application was approved.", ru="Эта заявка одобрена."),
    ApplicationStatus.REJECTED: Text(
        en="This application was refused; the company may apply anew.",
        ru="Эта заявка отклонена; компания может подать новую.",
    ),
}
NEXT = {
    ApplicationStatus.SUBMITTED: Text(
        en="Begin it first: gateway admin review {id}.", ru="Сначала начните его: gateway admin review {id}."
    ),
    ApplicationStatus.IN_REVIEW: Text(
        en="Next: gateway admin verify-signatory {id}, then approve {id}; or reject {id}.",
        ru="Дальше: gateway admin verify-signatory {id}, затем approve {id}; или reject {id}.",
    ),
}
"""What may be done with an application that is not decided yet."""
NO_REASON = Text(
    en="Say why, in at most {longest} characters: the applicant reads it.",
    ru="Укажите причину, не больше {longest} символов: её прочтёт заявитель.",
)
SUBJECT = Text(en="Your application for access", ru="Ваша заявка на доступ")
APPROVED = Text(
    en="Your company's cabinet is open. To sign in for the first time, ask there for a one-time code to this address.",
    ru="Кабинет вашей компании открыт. Чтобы войти впервые, запросите там одноразовый код на этот адрес.",
)
REJECTED = Text(en="Your application for access was refused: {reason}", ru="Ваша заявка на доступ отклонена: {reason}")


class Problem(Enum):
    """What keeps an application from being approved."""

    UNKNOWN_INN = Text(en="No customer has this INN.", ru="Клиента с таким ИНН нет.")
    CLOSED_COMPANY = Text(en="The company's contract has ended.", ru="Договор с компанией расторгнут.")
    ALREADY_OWNED = Text(
        en="The company has an owner already, who can invite others.",
        ru="У компании уже есть владелец; он может пригласить других.",
    )
    DUPLICATE = Text(
        en="Another application of the company is open; decide on one.",
        ru="Есть другая открытая заявка этой компании; решайте по одной.",
    )
    SIGNATORY_NOT_VERIFIED = Text(
        en="The signatory's right to sign is not verified.", ru="Полномочия подписанта не проверены."
    )


_TABLE = metadata.tables["access_applications"]
_ID = bindparam("id", type_=BigInteger)
_OPEN = (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW)
_SAID = Values(
    _TABLE, ("reference_hash", "inn", "office", "email", "phone", "signatory", "language", "created_at", "status")
)
_SUBMIT = Statement(insert(_TABLE).values(_SAID.binds))
_BY_REFERENCE = Statement(
    select(*(_TABLE.c[name] for name in ("status", "created_at", "decided_at", "reason"))).where(
        _TABLE.c.reference_hash == bindparam("reference_hash", type_=LargeBinary)
    )
)
_LIST = Statement(select(_TABLE).where(_TABLE.c.status == bindparam("status", type_=String)).order_by(_TABLE.c.id))
_LOCK = Statement(select(_TABLE).where(_TABLE.c.id == _ID).with_for_update())
_OF_INN = Statement(
    select(_TABLE.c.id).where(
        _TABLE.c.inn == bindparam("inn", type_=String), _TABLE.c.status.in_([each.value for each in _OPEN])
    )
)
_FIND_APPLICANT = Statement(
    select(func.find_applicant(bindparam("inn", type_=String)).table_valued("company_id", "name", "status", "owned"))
)
_FOUND = func.find_applicant(_TABLE.c.inn).table_valued("company_id", name="found").render_derived()
_COMPANY_OF = Statement(select(_FOUND.c.company_id).select_from(_TABLE).join(_FOUND, true()).where(_TABLE.c.id == _ID))
_CHANGED = Values(_TABLE, ("status", "reviewer", "signatory_verified_at", "decided_at", "reason"))
_CHANGE = Statement(update(_TABLE).where(_TABLE.c.id == _ID).values(_CHANGED.binds))


@dataclass(frozen=True, slots=True)
class Asked:
    """What an applicant says; the INN is valid by its check digits."""

    inn: str
    office: str
    email: str
    phone: str
    signatory: str
    language: Language


@dataclass(frozen=True, slots=True)
class Application:
    """A row with what the staff must know: the company, if there is one, and what keeps it from being approved."""

    row: Row
    company_id: int | None
    company_name: str | None
    problems: Sequence[Problem]


async def submit(visit: Visit, asked: Asked) -> str:
    """Takes an application; the reference by which the applicant follows it, shown only once.

    No customer is looked up, so neither the answer nor its time tells who is one. Raises `Refusal` or `Refusals`.
    """
    refusals: list[Refusal] = []
    texts = {name: " ".join(getattr(asked, name).split()) for name in ("office", "signatory")}
    for name, text in texts.items():
        if not is_line(text, LONGEST_TEXT):
            refusals.append(Refusal(ErrorCode.INVALID, NO_TEXT(longest=LONGEST_TEXT), (name,)))
    email = ""
    try:
        email = parse_email(asked.email)
    except InvalidValue as error:
        refusals.append(error.refusal("email"))
    if refusals:
        raise Refusals(refusals)
    one = await tries.claim(visit.db, visit.keyring.digest("application, address", visit.ip), BY_ADDRESS)
    if not one.allowed:
        raise Refusal(ErrorCode.LOCKED, TOO_MANY())
    reference = secrets.token_urlsafe(16)
    said = {
        "reference_hash": hash_token(reference),
        "inn": asked.inn,
        "email": email,
        "phone": asked.phone,
        "language": asked.language.name,
        "created_at": datetime.now(UTC),
        "status": ApplicationStatus.SUBMITTED.value,
        **texts,
    }
    await visit.db.fetch(Tenant(), _SUBMIT, **_SAID.parameters(said))
    return reference


async def follow(db: Database, reference: str) -> Row | None:
    """Status, moments and reason of the application with this reference."""
    rows = await db.fetch(Tenant(), _BY_REFERENCE, reference_hash=hash_token(reference))
    return rows[0] if rows else None


async def applications(db: Database, status: ApplicationStatus) -> list[Application]:
    """For the operator's staff: all in this state, the oldest first."""
    within = partial(db.fetch, Tenant())
    return [await _consider(within, row) for row in await within(_LIST, status=status.value)]


async def take(db: Database, reviewer: str, id: int) -> None:
    """Begins the review; from then on it is this reviewer's. Raises `Refusal`."""
    async with db.transaction(Tenant()) as session:
        within = partial(run, session)
        row = await _lock(within, id, ApplicationStatus.SUBMITTED)
        await _change(within, row, status=ApplicationStatus.IN_REVIEW, reviewer=reviewer)


async def verify_signatory(db: Database, reviewer: str, id: int) -> None:
    """Notes that the signatory's right to sign was checked. Raises `Refusal`."""
    async with db.transaction(Tenant()) as session:
        within = partial(run, session)
        row = await _lock(within, id, ApplicationStatus.IN_REVIEW)
        await _change(within, row, reviewer=reviewer, signatory_verified_at=datetime.now(UTC))


async def approve(db: Database, reviewer: str, id: int, *, post: Post) -> Application:
    """Opens the cabinet: whoever signs in with the e-mail becomes the company's owner, and is told so.

    They sign in for the first time by a one-time code. The phone number is not made a log-in: nobody has proved that it
    is theirs. Raises `Refusals` with all that keeps it from being approved.
    """
    companies = tuple(row["company_id"] for row in await db.fetch(Tenant(), _COMPANY_OF, id=id))
    async with db.transaction(Tenant(companies)) as session:
        within = partial(run, session)
        row = await _lock(within, id, ApplicationStatus.IN_REVIEW)
        for company_id in companies:
            await holdings.load(within, company_id, lock=True)
        application = await _consider(within, row)
        if application.problems or application.company_id is None:
            raise Refusals([Refusal(ErrorCode.CONFLICT, problem.value()) for problem in application.problems])
        language = Language[row["language"]]
        owner = await find_or_add(within, row["signatory"], email=row["email"], phone=None, language=language)
        origin = Origin(ActorKind.STAFF, None, reviewer, Channel.OFFICE, None)
        await grants.give_ownership(within, application.company_id, owner, origin)
        await _change(within, row, status=ApplicationStatus.APPROVED, reviewer=reviewer, decided_at=datetime.now(UTC))
    post.later(post.email(row["email"], SUBJECT.render(language), APPROVED.render(language)))
    return application


async def reject(db: Database, reviewer: str, id: int, reason: str, *, post: Post) -> None:
    """Refuses an open application; the applicant is told why. Raises `Refusal`."""
    reason = " ".join(reason.split())
    if not is_line(reason, LONGEST_TEXT):
        raise Refusal(ErrorCode.REQUIRED, NO_REASON(longest=LONGEST_TEXT), ("reason",))
    async with db.transaction(Tenant()) as session:
        within = partial(run, session)
        row = await _lock(within, id, *_OPEN)
        now = datetime.now(UTC)
        await _change(within, row, status=ApplicationStatus.REJECTED, reviewer=reviewer, decided_at=now, reason=reason)
    language = Language[row["language"]]
    post.later(post.email(row["email"], SUBJECT.render(language), REJECTED.render(language, reason=reason)))


async def _lock(run: Run, id: int, *wanted: ApplicationStatus) -> Row:
    """The application, in one of the wanted states."""
    rows = await run(_LOCK, id=id)
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND, NO_APPLICATION(), ("id",))
    if rows[0]["status"] not in wanted:
        status = ApplicationStatus(rows[0]["status"])
        raise Refusal(
            ErrorCode.CONFLICT, NOT_NOW[status](), ("id",), hint=NEXT[status](id=str(id)) if status in NEXT else None
        )
    return rows[0]


async def _change(run: Run, row: Row, **changes: object) -> None:
    after = {name: changes.get(name, row[name]) for name in _CHANGED.columns}
    await run(_CHANGE, id=row["id"], **_CHANGED.parameters(after))


async def _consider(run: Run, row: Row) -> Application:
    """What is known of the company that applies."""
    found = await run(_FIND_APPLICANT, inn=row["inn"])
    problems = [] if found else [Problem.UNKNOWN_INN]
    for company in found:
        if company["status"] == CompanyStatus.CLOSED:
            problems.append(Problem.CLOSED_COMPANY)
        if company["owned"]:
            problems.append(Problem.ALREADY_OWNED)
    if any(other["id"] != row["id"] for other in await run(_OF_INN, inn=row["inn"])):
        problems.append(Problem.DUPLICATE)
    if row["signatory_verified_at"] is None:
        problems.append(Problem.SIGNATORY_NOT_VERIFIED)
    company_id, company_name = (found[0]["company_id"], found[0]["name"]) if found else (None, None)
    return Application(row, company_id, company_name, problems)
