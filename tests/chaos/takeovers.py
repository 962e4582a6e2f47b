"""How long it took until somebody else had what a worker had lost."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from tests.chaos.workers import Claim, Worker


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    at: float
    victims: list[Worker]


class Takeovers:
    """Seconds from a fault until all that its victims had claimed, and that was left to do, was claimed anew.

    A frozen worker that is in time does the rest itself.
    """

    def __init__(self, faults: Sequence[Fault], everybody: Sequence[Worker], paused: set[int]) -> None:
        self._faults = faults
        self._claims: Mapping[str, list[Claim]] = {str(each.log): each.claims() for each in everybody}
        self._paused = paused
        self._claimed: defaultdict[tuple[int | None, int | str], list[float]] = defaultdict(list)
        for claim in sorted(self.claims, key=lambda claim: claim.claimed):
            for id in claim.ids:
                self._claimed[claim.change_id, id].append(claim.claimed)

    @property
    def claims(self) -> list[Claim]:
        return [claim for claims in self._claims.values() for claim in claims]

    def after(self, kind: str, *, orders: bool) -> list[float]:
        """Of orders, or else of chunks."""
        return sorted(
            seconds
            for log, claims in self._claims.items()
            for claim in claims
            if (claim.change_id is None) is orders and claim.change_id not in self._paused
            for fault in [self._lost(log, claim)]
            if fault is not None and fault.kind == kind
            for seconds in [max((at - fault.at for at in self._again(claim, fault)), default=None)]
            if seconds is not None
        )

    def _lost(self, log: str, claim: Claim) -> Fault | None:
        """The fault in the midst of a claim, if there was one."""
        struck = (fault for fault in self._faults if log in {str(each.log) for each in fault.victims})
        fault = next((fault for fault in struck if fault.at >= claim.claimed), None)
        return fault if fault is not None and (claim.done is None or claim.done > fault.at) else None

    def _again(self, claim: Claim, fault: Fault) -> Iterator[float]:
        """When each of what it held was claimed next."""
        for id in claim.ids:
            claimed = self._claimed[claim.change_id, id]
            if (later := bisect_right(claimed, fault.at)) < len(claimed):
                yield min(claimed[later], claim.done or inf)


def percentile_99(seconds: Sequence[float]) -> float:
    return seconds[int(len(seconds) * 0.99)] if seconds else 0


def spread(seconds: Sequence[float]) -> str:
    """In words; they are sorted."""
    if not seconds:
        return "0 times"
    return (
        f"{len(seconds)} times, {median(seconds):.2f} s (p99 {percentile_99(seconds):.2f}, longest {seconds[-1]:.2f})"
    )
