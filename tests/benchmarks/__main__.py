"""`make bench`: the gateway beside the GraphQL servers that one would pick instead, over the same rows, in one run."""

import contextlib
import os
import signal

import asyncpg
import uvloop
from rich.console import Console

from tests.benchmarks.contest import Contest
from tests.benchmarks.data import cluster
from tests.benchmarks.growth import grow, hold
from tests.benchmarks.questions import questions
from tests.benchmarks.report import Run, write
from tests.benchmarks.servers import programs, running, watched

SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
"""Length of a window."""


async def main() -> None:
    """Measures everything and writes the report into docs/."""
    log = Console(highlight=False)
    log.print("Preparing the data")
    async with cluster() as database:
        asked = questions(database.companies)
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(running(program)) for program in programs(database.dsn)]
            scores = await Contest(database, servers, log).run(asked, SECONDS)
            sizes = await grow(database, servers[0], SECONDS)
        with running(watched(database.dsn)) as server:
            holds = hold(database, server)
        connection = await asyncpg.connect(database.dsn)
        version = await connection.fetchval("SHOW server_version")
        await connection.close()
    write(Run(asked, SECONDS, version, scores, sizes, holds))
    log.print("Written: docs/benchmark.md, docs/benchmark.json, docs/benchmark.svg")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Whatever ends it, the servers are stopped.
    uvloop.run(main())
