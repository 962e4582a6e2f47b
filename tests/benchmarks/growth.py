"""How the gateway's cost grows with the rows of an answer, and for how long an answer holds the event loop."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from tests.benchmarks.agreement import ask
from tests.benchmarks.cost import cpu
from tests.benchmarks.data import Cluster
from tests.benchmarks.load import load, request
from tests.benchmarks.questions import full_page
from tests.benchmarks.servers import Server

SIZES = (10, 100, 1_000, 10_000)
_HOLDS = 9


@dataclass(frozen=True)
class Size:
    """A page of so many rows: fields in the answer, and milliseconds of the server's CPU for the whole answer."""

    rows: int
    fields: int
    cpu_ms: float
    database_cpu_ms: float

    @property
    def row_us(self) -> float:
        """Microseconds of the server's CPU for a row."""
        return self.cpu_ms * 1e3 / self.rows

    @property
    def field_us(self) -> float:
        """Microseconds of the server's CPU for a field."""
        return self.cpu_ms * 1e3 / self.fields


@dataclass(frozen=True)
class Holds:
    """How long an answer of the largest page held the event loop at a time, milliseconds, over several answers."""

    median_ms: float
    longest_ms: float


async def grow(database: Cluster, server: Server, seconds: float) -> Sequence[Size]:
    """Pages of Q3's shape from the largest company, one at a time, each size for so many seconds."""
    sizes = []
    for rows in SIZES:
        asked = _page(database, rows)
        fields = _count(ask(server, *asked)["data"])
        once = [request(*asked)]
        await load(server.port, once, seconds / 2, connections=1)
        before, database_before = cpu(server.process), database.cpu()
        seen = await load(server.port, once, seconds, connections=1)
        spent, database_spent = cpu(server.process) - before, database.cpu() - database_before
        answers = len(seen.times)
        sizes.append(Size(rows, fields, spent * 1e3 / answers, database_spent * 1e3 / answers))
    return sizes


def hold(database: Cluster, watched: Server) -> Holds:
    """Asks the largest page of a gateway that watches its event loop, several times after a first one."""
    asked = _page(database, SIZES[-1])
    ask(watched, *asked)
    held = []
    _held(watched)
    for _ in range(_HOLDS):
        ask(watched, *asked)
        held.append(_held(watched))
    return Holds(statistics.median(held), max(held))


def _held(watched: Server) -> float:
    milliseconds: float = httpx.get(watched.at("/held")).json()["held_ms"]
    return milliseconds


def _page(database: Cluster, rows: int) -> tuple[str, bytes]:
    """The API key and the body of a request for so many rows."""
    largest = database.companies[0]
    variables = {"id": f"com_{largest.id}", "n": rows}
    return largest.key, orjson.dumps({"query": full_page("Page"), "variables": variables})


def _count(value: Any) -> int:
    """The leaves of an answer."""
    if isinstance(value, dict):
        return sum(_count(each) for each in value.values())
    return sum(_count(each) for each in value) if isinstance(value, list) else 1
