"""Whether a number may have something of the catalogue at all: its state, and for whom an item is sold."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.models.companies import CompanyStatus
from gateway.models.numbers import NumberKind, NumberStatus
from gateway.operations import wording
from gateway.operations.catalogue import Item
from gateway.operations.state import NumberState

NOTHING_TO_DO = Text(en="There is nothing to do.", ru="Делать ничего не нужно.")
BLOCKED = Text(en="The number is blocked.", ru="Номер заблокирован.")
UNBLOCK = Text(en="Unblock it first.", ru="Сначала разблокируйте его.")
SUSPENDED = Text(en="The operator has stopped service of the number.", ru="Оператор приостановил обслуживание номера.")
ASK_MANAGER = Text(
    en="Your manager at the operator knows the reason.", ru="Причину знает ваш персональный менеджер у оператора."
)
DORMANT = Text(
    en="The number is blocked because nothing was charged for 90 days.",
    ru="Номер заблокирован: 90 дней не было начислений.",
)
REVIVE = Text(
    en="Top up its account, or ask your manager at the operator, to have it put into service again.",
    ru="Чтобы вернуть его в обслуживание, пополните счёт или обратитесь к персональному менеджеру у оператора.",
)
CLOSED = Text(en="The number was given back to the operator.", ru="Номер возвращён оператору.")
COMPANY_SUSPENDED = Text(en="Service of the company is suspended.", ru="Обслуживание компании приостановлено.")
COMPANY_CLOSED = Text(en="The company's contract has ended.", ru="Договор компании расторгнут.")

ARCHIVED = Text(en="“{item}” is no longer sold.", ru="«{item}» больше не подключается.")
CHOOSE_ANOTHER = Text(
    en="Choose another one; those that can be connected now are listed at the number.",
    ru="Выберите другой вариант: доступные сейчас перечислены у номера.",
)
WRONG_KIND = Text(
    en="“{item}” is not sold for this kind of number: {kind}. It is sold for: {kinds}.",
    ru="«{item}» не подключается на номера этого вида: {kind}. Доступно для: {kinds}.",
)
WRONG_REGION = Text(
    en="“{item}” is sold in the region “{sold_in}”; the company is served in “{region}”.",
    ru="«{item}» действует в регионе «{sold_in}», а компания обслуживается в регионе «{region}».",
)
TOO_EARLY = Text(
    en="This moment has passed. Give a later one, or leave it out.",
    ru="Этот момент уже прошёл. Укажите более поздний или не указывайте вовсе.",
)
TOO_LATE = Text(
    en="That is more than {years} years ahead. Leave it out to set no end.",
    ru="Это больше чем через {years} лет. Не указывайте срок, если он не нужен.",
)
FURTHEST_YEARS = 10

KINDS = {
    NumberKind.VOICE: Text(en="phones", ru="телефоны"),
    NumberKind.MODEM: Text(en="modems and tablets", ru="модемы и планшеты"),
    NumberKind.IOT: Text(en="machines", ru="устройства"),
}

_STOPPED = {
    NumberStatus.BLOCKED: (BLOCKED, UNBLOCK),
    NumberStatus.SUSPENDED: (SUSPENDED, ASK_MANAGER),
    NumberStatus.DORMANT: (DORMANT, REVIVE),
}


def closed(state: NumberState) -> Refusal | None:
    """Why nothing can be done to the number any more."""
    if state.company_status == CompanyStatus.CLOSED:
        return Refusal(ErrorCode.NOT_AVAILABLE, COMPANY_CLOSED())
    if state.status == NumberStatus.CLOSED:
        return Refusal(ErrorCode.NOT_AVAILABLE, CLOSED())
    return None


def out_of_service(state: NumberState) -> Refusal | None:
    """Why nothing can be bought for the number now: it, or the company, is not in service.

    What saves money, such as disconnecting an option, stays possible until the number is closed.
    """
    if state.status == NumberStatus.ACTIVE and state.company_status == CompanyStatus.ACTIVE:
        return None
    if refusal := closed(state):
        return refusal
    if state.company_status == CompanyStatus.SUSPENDED:
        return Refusal(ErrorCode.NOT_AVAILABLE, COMPANY_SUSPENDED(), hint=ASK_MANAGER())
    message, hint = _STOPPED[NumberStatus(state.status)]
    return Refusal(ErrorCode.NOT_AVAILABLE, message(), hint=hint())


def bad_end(until: datetime | None, moment: datetime, field: Sequence[str]) -> Iterator[Refusal]:
    """Why nothing can end by itself then."""
    if until is not None and until <= moment:
        yield Refusal(ErrorCode.INVALID, TOO_EARLY(), field)
    if until is not None and until > moment + timedelta(days=365.25 * FURTHEST_YEARS):
        yield Refusal(ErrorCode.INVALID, TOO_LATE(years=FURTHEST_YEARS), field)


def not_offered(item: Item, kind: str, region: str, field: Sequence[str]) -> Iterator[Refusal]:
    """Why an item of the catalogue is not sold for numbers of this kind, of a company that is served in this region."""
    if item.sold_to(kind, region):
        return
    if item.archived:
        yield Refusal(ErrorCode.NOT_AVAILABLE, ARCHIVED(item=item.name), field, hint=CHOOSE_ANOTHER())
    if item.kinds and kind not in item.kinds:
        kinds = wording.listed([KINDS[each] for each in NumberKind if each in item.kinds])
        message = WRONG_KIND(item=item.name, kind=KINDS[NumberKind(kind)], kinds=kinds)
        yield Refusal(ErrorCode.NOT_AVAILABLE, message, field, hint=CHOOSE_ANOTHER())
    if item.region is not None and item.region != region:
        message = WRONG_REGION(item=item.name, sold_in=item.region, region=region)
        yield Refusal(ErrorCode.NOT_AVAILABLE, message, field, hint=CHOOSE_ANOTHER())
