"""What was done to some of the companies' numbers before today, by whom and through which channel."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from authz.actions import Action
from gateway.demo import people
from gateway.demo.access import LOGINS
from gateway.demo.batches import Calendar
from gateway.demo.companies import Customer
from gateway.demo.number_settings import Chunk
from gateway.demo.numbers import NumberRow
from gateway.kit.ids import Kind, encode
from gateway.kit.phones import e164
from gateway.models.companies import CompanyStatus
from gateway.models.journal import ActorKind, Channel
from gateway.models.numbers import NumberStatus
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.operations.promo_guards import PromoGuardSet
from gateway.operations.snapshots import difference
from gateway.operations.state import Connected, NumberState
from gateway.operations.tariffs import TariffChange
from gateway.services.effects import step
from gateway.services.journal import NewEntry, Origin

_CONNECTED, _OTHERS = 40, 10
_DORMANT_AFTER = timedelta(days=90)
_SYSTEM = Origin(ActorKind.SYSTEM, None, "Система", Channel.SYSTEM, None)


class Event(NamedTuple):
    """A line of the journal with its moment.

    `connected` is the place in the chunk of the option that it connected, `guarded` that of the one that it guards.
    """

    at: datetime
    origin: Origin
    entry: NewEntry
    connected: int | None = None
    guarded: int | None = None


class Events:
    """What brought some numbers of a chunk into the state that they are in. All lies before today."""

    def __init__(self, company: Customer, catalogue: Catalogue, calendar: Calendar, chunk: Chunk) -> None:
        self._company = company
        self._catalogue = catalogue
        self._midnight = calendar.midnight
        self._random = company.random("events")
        self._chunk = chunk
        self._numbers = {number.id: number for number in chunk.numbers}
        self._options: dict[int, dict[int, Connected]] = {}
        for row in chunk.connected:
            connected = Connected(row.connected_at, row.promo_ends_at)
            self._options.setdefault(row.number_id, {})[row.option_id] = connected
        self._origins = list(self._ways())

    def __iter__(self) -> Iterator[Event]:
        yield self._registered()
        yield from self._connected()
        yield from self._guarded()
        yield from self._disconnected()
        yield from self._tariffs_changed()
        yield from self._labelled()
        yield from self._stopped()

    def _ways(self) -> Iterator[Origin]:
        """Everybody who does something in this company, each as often as they do."""
        for number, login in enumerate(LOGINS, 1):
            if self._company.id in login.companies and login.role in ("owner", "administrator"):
                for channel in (Channel.PORTAL, Channel.PORTAL, Channel.PORTAL, Channel.USSD, Channel.SMS, Channel.IVR):
                    yield Origin(ActorKind.ADMINISTRATOR, number, login.name, channel, None)
        yield Origin(ActorKind.API_KEY, None, "Обмен с кадровой системой", Channel.API, None)
        yield Origin(ActorKind.STAFF, None, people.draw(self._random).name, Channel.OFFICE, None)

    def _registered(self) -> Event:
        entry = NewEntry(
            action=Action.REGISTER_IMPORT,
            subject=encode(Kind.COMPANY, self._company.id),
            after={"added": self._company.numbers},
        )
        return Event(min(number.activated_at for number in self._chunk.numbers), self._origins[-1], entry)

    def _connected(self) -> Iterator[Event]:
        rows = self._chunk.connected
        for place in self._random.sample(range(len(rows)), min(len(rows), _CONNECTED)):
            row = rows[place]
            state = self._state(self._numbers[row.number_id], row.connected_at)
            yield from self._done(OptionConnect(row.option_id), state, row.connected_at, place)

    def _guarded(self) -> Iterator[Event]:
        """Some options of which the promotion ends within days."""
        rows, second = self._chunk.connected, timedelta(seconds=1)
        yesterday, tomorrow = self._midnight - timedelta(days=1), self._midnight + timedelta(days=1)
        places = [
            place
            for place, row in enumerate(rows)
            if row.connected_at < yesterday and row.promo_ends_at and row.promo_ends_at > tomorrow
        ]
        for place in self._random.sample(places, min(len(places), _CONNECTED)):
            row = rows[place]
            moment = self._between(row.connected_at + second)
            state = self._state(self._numbers[row.number_id], moment)
            operation = PromoGuardSet(row.option_id)
            outcome = operation.check(state, self._catalogue, moment)
            rows[place] = row._replace(disconnects_at=outcome.after.options[row.option_id].disconnects_at)
            entry = step(state, operation, outcome, self._catalogue).entry
            yield Event(moment, self._who(), entry, guarded=place)

    def _disconnected(self) -> Iterator[Event]:
        for _, number_id, option_id in self._chunk.used_promotions[:_OTHERS]:
            number = self._numbers[number_id]
            moment = self._between(number.activated_at)
            state = self._state(number, moment)
            option = self._catalogue.options[option_id]
            if option.promo_days and not any(other.id in state.options for other in option.excludes):
                ends_at = number.activated_at + timedelta(option.promo_days)
                state = state.with_option(option_id, Connected(number.activated_at, ends_at))
                yield from self._done(OptionDisconnect(option_id), state, moment)

    def _tariffs_changed(self) -> Iterator[Event]:
        for number in self._some(lambda number: number.status is not NumberStatus.CLOSED):
            moment = self._between(number.activated_at)
            before = self._random.choice([*self._catalogue.tariffs])
            state = replace(self._state(number, moment), tariff_id=before)
            if all(self._catalogue.options[option_id].sold_with(before) for option_id in state.options):
                yield from self._done(TariffChange(number.tariff_id), state, moment)

    def _labelled(self) -> Iterator[Event]:
        for number in self._some(lambda number: number.label is not None):
            moment = self._between(number.activated_at)
            after = self._state(number, moment)
            yield self._set(Action.LABEL_SET, replace(after, label=None), after, moment)

    def _stopped(self) -> Iterator[Event]:
        for number in self._some(lambda number: number.status is NumberStatus.BLOCKED):
            moment = self._between(number.last_charged_at or number.activated_at)
            before = self._state(number, moment)
            yield self._set(Action.NUMBER_BLOCK, before, replace(before, status=number.status), moment)
        for number in self._some(lambda number: number.status is NumberStatus.DORMANT):
            if number.last_charged_at:
                moment = number.last_charged_at + _DORMANT_AFTER
                before = self._state(number, moment)
                event = self._set(Action.NUMBER_BLOCK, before, replace(before, status=number.status), moment)
                yield event._replace(origin=_SYSTEM)

    def _state(self, number: NumberRow, moment: datetime) -> NumberState:
        """A number in service with the options that it had just before a moment."""
        options = self._options.get(number.id, {})
        return NumberState(
            company_id=number.company_id,
            id=number.id,
            msisdn=number.msisdn,
            kind=number.kind,
            region=self._company.region,
            time_zone=self._company.time_zone,
            company_status=CompanyStatus.ACTIVE,
            status=NumberStatus.ACTIVE,
            label=number.label,
            employee_id=number.employee_id,
            department_id=number.department_id,
            tariff_id=number.tariff_id,
            options={key: connected for key, connected in options.items() if connected.connected_at < moment},
            forwardings={},
            bans={},
            limit=None,
            used_promotions=frozenset(),
        )

    def _done(
        self, operation: Operation, before: NumberState, moment: datetime, connected: int | None = None
    ) -> Iterator[Event]:
        """An operation on a number in that state; nothing where the rules of today would refuse it."""
        outcome = operation.check(before, self._catalogue, moment)
        if not outcome.refusals:
            yield Event(moment, self._who(), step(before, operation, outcome, self._catalogue).entry, connected)

    def _set(self, action: Action, before: NumberState, after: NumberState, moment: datetime) -> Event:
        old, new = difference(before, after)
        subject = encode(Kind.NUMBER, after.id)
        details = {"names": {"msisdn": e164(after.msisdn)}}
        entry = NewEntry(action=action, subject=subject, number_id=after.id, before=old, after=new, details=details)
        return Event(moment, self._who(), entry)

    def _some(self, wanted: Callable[[NumberRow], bool]) -> list[NumberRow]:
        found = [number for number in self._chunk.numbers if wanted(number)]
        return self._random.sample(found, min(len(found), _OTHERS))

    def _between(self, start: datetime) -> datetime:
        """A moment after a start and before today."""
        seconds = (self._midnight - start) // timedelta(seconds=1)
        return start + timedelta(seconds=self._random.randrange(seconds))

    def _who(self) -> Origin:
        return self._random.choice(self._origins)
