"""The operator's system, in which numbers are provisioned: orders to it over HTTP.

Without such a system the gateway's own rows are the truth, and nothing is sent.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import httpx
import structlog

log = structlog.get_logger(__name__)

_REFUSALS = frozenset({400, 404, 422})
"""Statuses that speak of the order itself: sent again it would be refused again."""
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class BssOrder:
    """What is to be done to a number: operations as {kind, parameters}, all of them or none.

    `key` is the order's own: however often it is sent, and however late a copy arrives, it is carried out once.
    """

    key: str
    msisdn: str
    operations: Sequence[dict[str, Any]]


class Verdict(StrEnum):
    DONE = "DONE"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class BssAnswer:
    """What became of an order: done, refused for a reason and for good, or not known yet: send it again later."""

    verdict: Verdict
    reason: str = ""


class Bss(Protocol):
    """Carries out orders."""

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        """An answer for each order, in their order; raises nothing, what goes wrong is UNKNOWN."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds, and how often to try. `total` is for all orders of a call, whose caller waits."""

    connect: float = 2
    answer: float = 3
    total: float = 4
    tries: int = 4
    first_pause: float = 0.2
    longest_pause: float = 3
    at_once: int = 32
    failures: int = 10
    """So many in a row, and nobody is asked for `rest` seconds."""
    rest: float = 5


@dataclass(slots=True)
class _Breaker:
    """Spares a system that fails: after some failures in a row one try in each rest finds out whether it is back."""

    patience: Patience
    failures: int = 0
    rests_until: float = 0

    def admits(self) -> bool:
        if self.failures < self.patience.failures:
            return True
        if time.monotonic() < self.rests_until:
            return False
        self._rest()
        return True

    def note(self, *, failed: bool) -> None:
        self.failures = self.failures + 1 if failed else 0
        if self.failures == self.patience.failures:
            log.warning("bss.resting", seconds=self.patience.rest)
            self._rest()

    def _rest(self) -> None:
        self.rests_until = time.monotonic() + self.patience.rest


@dataclass(slots=True)
class HttpBss:
    """Posts {"msisdn": "+7926…", "operations": […]} to `url` with an Idempotency-Key.

    A status of 200 to 299 means done; 400, 404 and 422 that the order is refused, with a {"reason"} for people;
    anything else, or nothing, that nobody knows.
    """

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    patience: Patience = Patience()
    _client: httpx.AsyncClient = field(init=False, repr=False)
    _free: asyncio.Semaphore = field(init=False, repr=False)
    _breaker: _Breaker = field(init=False, repr=False)

    def __post_init__(self) -> None:
        patience = self.patience
        self._client = httpx.AsyncClient(
            headers={} if self.token is None else {"Authorization": f"Bearer {self.token}"},
            timeout=httpx.Timeout(patience.answer, connect=patience.connect, pool=None),
            limits=httpx.Limits(max_connections=patience.at_once, max_keepalive_connections=patience.at_once),
        )
        self._free = asyncio.Semaphore(patience.at_once)
        self._breaker = _Breaker(patience)

    async def close(self) -> None:
        await self._client.aclose()

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        deadline = asyncio.get_running_loop().time() + self.patience.total
        return await asyncio.gather(*(self._carry_out(order, deadline) for order in orders))

    async def _carry_out(self, order: BssOrder, deadline: float) -> BssAnswer:
        try:
            async with asyncio.timeout_at(deadline):
                for attempt in range(self.patience.tries):
                    if attempt:
                        pause = min(self.patience.first_pause * 2**attempt, self.patience.longest_pause)
                        await asyncio.sleep(random.uniform(0, pause))
                    async with self._free:
                        if not self._breaker.admits():
                            break
                        answer = await self._send(order)
                    if answer.verdict is not Verdict.UNKNOWN:
                        return answer
        except TimeoutError:
            pass
        return BssAnswer(Verdict.UNKNOWN)

    async def _send(self, order: BssOrder) -> BssAnswer:
        body = {"msisdn": f"+{order.msisdn}", "operations": order.operations}
        try:
            answer = await self._client.post(self.url, json=body, headers={"Idempotency-Key": order.key})
        except httpx.HTTPError as error:
            log.info("bss.unanswered", order=order.key, error=type(error).__name__)
            self._breaker.note(failed=True)
            return BssAnswer(Verdict.UNKNOWN)
        if answer.is_success or answer.status_code in _REFUSALS:
            self._breaker.note(failed=False)
            return BssAnswer(Verdict.DONE) if answer.is_success else BssAnswer(Verdict.REFUSED, _reason(answer))
        log.info("bss.unanswered", order=order.key, status=answer.status_code)
        self._breaker.note(failed=True)
        return BssAnswer(Verdict.UNKNOWN)


def _reason(answer: httpx.Response) -> str:
    try:
        reason = answer.json()["reason"]
    except (ValueError, KeyError, TypeError):
        return ""
    return reason[:_LONGEST_REASON] if isinstance(reason, str) and reason.isprintable() else ""
