"""Above what a company wants a second person for a bulk change."""

from datetime import UTC, datetime
from functools import partial

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.rows import Row
from gateway.kit.texts import Message, Text
from gateway.models import metadata
from gateway.operations import wording
from gateway.services import journal
from gateway.services.journal import NewEntry, Origin
from gateway.services.running import Run
from gateway.services.step_up import require_step_up
from gateway.statements import Statement, Tenant

SET = Text(
    en="Without a second person a bulk change may now have: {numbers}, {money}",
    ru="Без второго лица массовому изменению теперь разрешено: {numbers}, {money}",
)
NO_COMPANY = Text(
    en="There is no such company where you may set this. Take the id from “companies”.",
    ru="Нет такой компании, где вам разрешено это задавать. Возьмите идентификатор из «companies».",
)
NEGATIVE = Text(
    en="{field} can't be less than zero; null means no limit.",
    ru="Поле {field} не может быть меньше нуля; null — без ограничения.",
)
MANY_NUMBERS = Text(
    en="It changes {count:,} numbers; above {most:,} a second person decides.",
    ru="Затронуто номеров: {count:,}; если больше {most:,}, решает второе лицо.",
)
MUCH_MONEY = Text(
    en="What gets dearer adds up to {price}, one-off and monthly; above {most} a second person decides.",
    ru="Подорожание в сумме, разово и за месяц: {price}; если больше {most}, решает второе лицо.",
)
ANY_COUNT = Text(en="any count of numbers", ru="любое число номеров")
COUNT = Text(en="{count:,} {count:number|numbers}", ru="{count:,} {count:номер|номера|номеров}")
ANY_PRICE = Text(en="any price", ru="любая стоимость")

_THRESHOLDS = metadata.tables["approval_thresholds"]
_COMPANY = bindparam("company_id", type_=BigInteger)
_FIND = Statement(select(_THRESHOLDS).where(_THRESHOLDS.c.company_id == _COMPANY))
_GIVEN = {name: bindparam(name, type_=BigInteger) for name in ("number_count", "kopecks")}
_SET = Statement(
    insert(_THRESHOLDS)
    .values(company_id=_COMPANY, **_GIVEN)
    .on_conflict_do_update(index_elements=["company_id"], set_=_GIVEN)
)


async def why_approval(run: Run, company_id: int, count: int, kopecks: int) -> Message | None:
    """Why a second person must decide on a change of so many numbers, dearer by so many kopecks; None when nobody."""
    for threshold in await run(_FIND, company_id=company_id):
        if threshold["number_count"] is not None and count > threshold["number_count"]:
            return MANY_NUMBERS(count=count, most=threshold["number_count"])
        if threshold["kopecks"] is not None and kopecks > threshold["kopecks"]:
            return MUCH_MONEY(price=wording.money(kopecks), most=wording.money(threshold["kopecks"]))
    return None


async def set_threshold(
    db: Database,
    principal: Principal,
    company_id: int,
    number_count: int | None,
    kopecks: int | None,
    *,
    session_id: int | None,
    origin: Origin,
) -> Row | None:
    """Sets both limits, None for no limit, for plans made from now on; the row, None when it sets no limit at all.

    Setting the same again does nothing.

    Raises `Refusal` NOT_FOUND for a company where the caller may not, INVALID for less than zero, STEP_UP_REQUIRED.
    """
    if company_id not in scope(principal, Action.APPROVAL_THRESHOLD_SET).whole.companies:
        raise Refusal(ErrorCode.NOT_FOUND, NO_COMPANY(), ("companyId",))
    for value, field in ((number_count, "numberCount"), (kopecks, "amount")):
        if value is not None and value < 0:
            raise Refusal(ErrorCode.INVALID, NEGATIVE(field=field), (field,))
    await require_step_up(db, principal, session_id)
    given = {"number_count": number_count, "kopecks": kopecks}
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        found = next(iter(await within(_FIND, company_id=company_id)), None)
        old = {name: found and found[name] for name in given}
        if old != given:
            await within(_SET, company_id=company_id, **given)
            numbers = ANY_COUNT() if number_count is None else COUNT(count=number_count)
            money = ANY_PRICE() if kopecks is None else wording.money(kopecks)
            names = {"numbers": wording.in_both_languages(numbers), "money": wording.in_both_languages(money)}
            entry = NewEntry(
                action=Action.APPROVAL_THRESHOLD_SET,
                subject=encode(Kind.COMPANY, company_id),
                before={"numberCount": old["number_count"], "kopecks": old["kopecks"]},
                after={"numberCount": number_count, "kopecks": kopecks},
                details={"names": names},
            )
            await journal.append(within, company_id, origin, datetime.now(UTC), [entry])
    return None if number_count is None and kopecks is None else {"company_id": company_id, **given}
