"""The contest: all servers are up at once and take turns, question by question, in several short windows."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from rich.console import Console

from tests.benchmarks.agreement import agree, body
from tests.benchmarks.cost import cpu, memory
from tests.benchmarks.data import Cluster
from tests.benchmarks.load import Load, load, request
from tests.benchmarks.questions import Question
from tests.benchmarks.servers import Server

WINDOWS = 5
_FIRST_WARM = 3  # seconds, once for each server and question: compilers come to rest
_WARM = 1  # seconds before each window: connections that idled are taken up again


@dataclass(frozen=True)
class Window:
    """One server with one question for some seconds. CPU is per request."""

    rps: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    database_cpu_ms: float


@dataclass(frozen=True)
class Score:
    """All windows of one server with one question, and the server's memory after the last of them."""

    windows: Sequence[Window]
    rss_mb: float

    def median(self) -> dict[str, float]:
        """The median of each value over the windows, and the memory."""
        names = [field.name for field in fields(Window)]
        values = {name: statistics.median(asdict(each)[name] for each in self.windows) for name in names}
        return values | {"rss_mb": self.rss_mb}


Scores = dict[str, dict[str, Score]]
"""By question, then by server."""


class Contest:
    """The servers over one database."""

    def __init__(self, database: Cluster, servers: Sequence[Server], log: Console) -> None:
        self._database = database
        self._servers = servers
        self._log = log

    async def run(self, questions: Sequence[Question], seconds: float) -> Scores:
        """Checks that the answers agree, then measures in windows of so many seconds."""
        for question in questions:
            agree(self._servers, question)
            self._log.print(f"{question.name}: the servers agree on {len(question.requests)} answers")
            for server in self._servers:
                await self._load(server, question, _FIRST_WARM)
        windows: dict[tuple[str, str], list[Window]] = defaultdict(list)
        memories: dict[tuple[str, str], float] = {}
        for turn in range(WINDOWS):
            for question in questions:
                first = turn % len(self._servers)
                for server in (*self._servers[first:], *self._servers[:first]):
                    window = await self._measure(server, question, seconds)
                    windows[question.name, server.name].append(window)
                    memories[question.name, server.name] = memory(server.process)
                    self._log.print(
                        f"{turn + 1}/{WINDOWS} {question.name} {server.name:12} {window.rps:8.1f} requests/s, "
                        f"CPU {window.server_cpu_ms:.2f} + {window.database_cpu_ms:.2f} ms"
                    )
        return {
            question.name: {
                server.name: Score(windows[question.name, server.name], memories[question.name, server.name])
                for server in self._servers
            }
            for question in questions
        }

    async def _measure(self, server: Server, question: Question, seconds: float) -> Window:
        await self._load(server, question, _WARM)
        before, database_before = cpu(server.process), self._database.cpu()
        seen = await self._load(server, question, seconds)
        spent, database_spent = cpu(server.process) - before, self._database.cpu() - database_before
        return Window(
            rps=seen.rps,
            p50_ms=seen.percentile(50),
            p99_ms=seen.percentile(99),
            server_cpu_ms=spent * 1e3 / len(seen.times),
            database_cpu_ms=database_spent * 1e3 / len(seen.times),
        )

    async def _load(self, server: Server, question: Question, seconds: float) -> Load:
        requests = [request(each.key, body(server, question, each)) for each in question.requests]
        return await load(server.port, requests, seconds)
