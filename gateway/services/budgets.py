"""Points that callers spend on requests: a token bucket for each in PostgreSQL, exact over all processes.

A process takes slices out of a bucket and spends them without asking again, so that hardly any request waits for it.
What a bucket has left when it runs dry is taken request by request: then nothing lies idle in another process.
"""

import asyncio
import ipaddress
import math
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from sqlalchemy import ColumnElement, Double, String, bindparam, case, cast, delete, extract, func, select
from sqlalchemy.dialects.postgresql import insert

from authz.principal import Principal
from gateway.db import Database
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.statements import Statement, Tenant

RATE_LIMITED = Text(
    en="Too much was asked for in a short time: {needed:,} points are needed, {available:,} are left. Try again in "
    "{seconds:,} {seconds:second|seconds}.",
    ru="Слишком много запросов за короткое время: нужно {needed:,} {needed:балл|балла|баллов}, осталось {available:,}. "
    "Повторите через {seconds:,} {seconds:секунду|секунды|секунд}.",
)

_SLICES = 100
"""Into how many slices a full bucket is cut."""
_LAST_SLICES = 8
"""With fewer slices than that left in it, a bucket gives what is needed and no more."""
_KEPT = 1.0
"""Seconds for which a slice may be spent; what remains goes back into the bucket with the next statement."""
_HOLDERS = 10_000
"""Holders of whom a process remembers slices."""

_BUDGETS = metadata.tables["budgets"]
_BURST, _PER_SECOND, _SLICE, _NEEDED, _RETURNED = (
    cast(bindparam(name, type_=Double), Double) for name in ("burst", "per_second", "slice", "needed", "returned")
)


def _granted(points: ColumnElement[float]) -> ColumnElement[float]:
    ample = points >= _SLICE * _LAST_SLICES
    return case((points < _NEEDED, 0), (ample, func.greatest(_NEEDED, _SLICE)), else_=_NEEDED)


_SINCE = func.greatest(0, extract("epoch", func.now() - _BUDGETS.c.filled_at))
_FILLED = func.least(_BURST, _BUDGETS.c.points + _RETURNED + _PER_SECOND * _SINCE)
_TAKE = Statement(
    insert(_BUDGETS)
    .values(
        holder=bindparam("holder", type_=String),
        points=_BURST - _granted(_BURST),
        granted=_granted(_BURST),
        filled_at=func.now(),
    )
    .on_conflict_do_update(
        index_elements=["holder"],
        set_={
            "points": _FILLED - _granted(_FILLED),
            "granted": _granted(_FILLED),
            "filled_at": func.greatest(func.now(), _BUDGETS.c.filled_at),
        },
    )
    .returning(_BUDGETS.c.granted, _BUDGETS.c.points)
)
_FORGOTTEN = func.now() - timedelta(days=1)
_STALE = select(_BUDGETS.c.holder).where(_BUDGETS.c.filled_at < _FORGOTTEN).limit(10).with_for_update(skip_locked=True)
_SWEEP = Statement(delete(_BUDGETS).where(_BUDGETS.c.holder.in_(_STALE)))


@dataclass(frozen=True, slots=True)
class Rate:
    """How many points a full bucket has, and how many flow into it each second; it is full again within a day."""

    burst: int
    per_second: float


@dataclass(slots=True)
class _Slice:
    """What a process holds of a bucket, and what the bucket had left when it was asked."""

    points: int = 0
    left: float = 0.0
    asked_at: float = -math.inf
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Who comes meanwhile waits for the slice that is asked for, rather than take one more."""

    @property
    def fresh(self) -> bool:
        return monotonic() <= self.asked_at + _KEPT

    def has(self, points: int) -> bool:
        return self.fresh and self.points >= points


class Budgets:
    """The buckets of all callers, as one process sees them."""

    def __init__(self, db: Database, callers: Rate, strangers: Rate) -> None:
        self._db = db
        self._callers = callers
        self._strangers = strangers
        self._slices: OrderedDict[str, _Slice] = OrderedDict()

    def of(self, principal: Principal | None, ip: str) -> "Budget":
        """The budget of a principal; strangers of one address, or of one IPv6 network, share one."""
        if principal is None:
            return Budget(self, f"ip_{_network(ip)}", self._strangers, ())
        return Budget(self, f"{principal.kind}_{principal.id}", self._callers, principal.companies)

    async def take(self, budget: "Budget", points: int) -> int:
        """Takes points and tells how many are left, as far as the process knows; raises what `Budget.spend` does."""
        held = self._slices.get(budget.holder) or await self._begin(budget.holder)
        if not held.has(points):
            async with held.asking:
                if not held.has(points):
                    await self._refill(budget, held, points)
        held.points -= points
        return held.points + int(held.left)

    async def _begin(self, holder: str) -> _Slice:
        """Remembers another holder, and sweeps old buckets away, so that the table holds no more than what goes on."""
        held = self._slices[holder] = _Slice()
        if len(self._slices) > _HOLDERS:
            self._slices.popitem(last=False)
        await self._db.fetch(Tenant(), _SWEEP)
        return held

    async def _refill(self, budget: "Budget", held: _Slice, points: int) -> None:
        rate, fresh = budget.rate, held.fresh
        if fresh and not held.points and held.left + rate.per_second * (monotonic() - held.asked_at) < points:
            raise _refusal(held, points, rate)
        while held.points < points or not fresh:
            fresh = True
            returned, held.points = held.points, 0  # what is left over here may be what another process lacks
            [row] = await self._db.fetch(
                Tenant(budget.companies),
                _TAKE,
                holder=budget.holder,
                burst=rate.burst,
                per_second=rate.per_second,
                slice=max(1, rate.burst // _SLICES),
                needed=points,
                returned=returned,
            )
            held.points += row["granted"]
            held.left, held.asked_at = row["points"], monotonic()
            if not row["granted"] and held.points < points:
                raise _refusal(held, points, rate)


@dataclass(slots=True)
class Budget:
    """What one caller may spend. Their companies are named so that a connection for their reads serves here too."""

    budgets: Budgets
    holder: str
    rate: Rate
    companies: tuple[int, ...]
    available: int = 0
    """Points that were left after the last ones were taken."""

    async def spend(self, points: int) -> None:
        """Takes points. Raises `GatewayError` RATE_LIMITED when there are not enough; then none was taken."""
        self.available = await self.budgets.take(self, points)

    async def settle(self, points: int) -> None:
        """Takes points for what is done already, or all there are: then it raises `GatewayError` RATE_LIMITED."""
        try:
            await self.spend(points)
        except GatewayError as refusal:
            there = refusal.extensions.get("available")
            with suppress(GatewayError):  # somebody else may have taken them
                await self.spend(there if isinstance(there, int) else 0)
            raise


def _refusal(held: _Slice, points: int, rate: Rate) -> GatewayError:
    available = held.points + int(held.left)
    seconds = max(1, math.ceil((points - available) / rate.per_second))
    message = RATE_LIMITED(needed=points, available=available, seconds=seconds)
    extensions = {"requested": points, "available": available, "retryAfter": seconds}
    return GatewayError(GatewayErrorCode.RATE_LIMITED, message, extensions=extensions)


def _network(ip: str) -> str:
    """The address, or the /64 of an IPv6 address: that much one subscriber has."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:  # a socket without an address
        return ip
    if address.version == 4:
        return ip
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))
