"""Workers as processes of their own, whose claims are written down from inside, and what may happen to them."""

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from ctypes import c_double, c_int
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeAlias

from gateway import jobs, worker
from gateway.services import bulk_runs, orders, states
from gateway.settings import Settings

Note: TypeAlias = Callable[[Sequence[int | str]], None]

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])  # a killed worker is there again at once


def work(settings: Settings, log: str, chunks: c_int, sendings: c_int, claimed_at: c_double, chunk: int) -> None:
    """`gateway worker`, with small chunks, which writes down what it claims, items or orders, and when that is done."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    with open(f"{log} says", "a") as said:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
    numbers, run_chunk, load, send = count(), bulk_runs.run_chunk, states.load, orders.send
    claims_of_chunk: Note | None = None

    def note(**what: object) -> None:
        os.write(file, json.dumps({"at": time.time(), **what}).encode() + b"\n")

    @contextlib.asynccontextmanager
    async def claiming(change_id: int | None = None) -> AsyncIterator[Note]:
        open_ones = chunks if change_id else sendings
        claim, began, claims = f"{os.getpid()} {next(numbers)}", time.time(), 0

        def claimed(ids: Sequence[int | str]) -> None:
            nonlocal claims
            note(claim=claim, began=began, change=change_id, ids=list(ids))
            claimed_at.value = time.time()
            open_ones.value, claims = open_ones.value + 1, claims + 1

        try:
            yield claimed
            note(done=claim)
        finally:
            open_ones.value -= claims

    async def noted_chunk(db: Any, company_id: int, change_id: int, **options: Any) -> bool:
        nonlocal claims_of_chunk
        async with claiming(change_id) as claims_of_chunk:
            done = await run_chunk(db, company_id, change_id, **options)
        claims_of_chunk = None
        return done

    async def noted_load(run: Any, companies: Sequence[int], ids: Sequence[int], *, lock: bool = False) -> Any:
        if lock and claims_of_chunk:
            claims_of_chunk(ids)
        return await load(run, companies, ids, lock=lock)

    async def noted_send(db: Any, bss: Any, orders: Sequence[orders.Placed]) -> int:
        async with claiming() as claimed:
            claimed([each.order.key for each in orders])
            return await send(db, bss, orders)

    bulk_runs.CHUNK, states.load, orders.send = chunk, noted_load, noted_send
    jobs.run_chunk = noted_chunk  # type: ignore[attr-defined]  # it is imported there
    worker.run_worker(settings)


@dataclass(slots=True)
class Claim:
    """Items of a change, or orders by their keys, that a worker has; `done` is None for those that it lost."""

    began: float
    claimed: float
    change_id: int | None
    ids: set[int | str]
    done: float | None = None


@dataclass
class Worker:
    """One worker, which is there again after each end; all of its processes write into one log."""

    settings: Settings
    log: Path
    chunk: int
    chunks: c_int = field(default_factory=lambda: _PROCESSES.RawValue(c_int, 0))
    sendings: c_int = field(default_factory=lambda: _PROCESSES.RawValue(c_int, 0))
    """How many claims of orders it is at; of chunks `chunks`, which are being sent at their end."""
    claimed_at: c_double = field(default_factory=lambda: _PROCESSES.RawValue(c_double, 0))
    """When it claimed something last; 0 before. Without a lock, which would die with its holder."""
    frozen: bool = False

    def start(self) -> None:
        self.log.touch()
        self.chunks.value = self.sendings.value = 0
        self.process: ForkServerProcess = _PROCESSES.Process(
            target=work, args=(self.settings, str(self.log), self.chunks, self.sendings, self.claimed_at, self.chunk)
        )
        self.process.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    async def freeze(self, seconds: float) -> None:
        assert self.process.pid is not None
        self.frozen = True
        os.kill(self.process.pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(self.process.pid, signal.SIGCONT)
        self.frozen = False

    def busy(self, *, sending: bool) -> bool:
        """Whether it is in the midst of that, or else of the transaction of a chunk."""
        return bool(self.sendings.value) if sending else bool(self.chunks.value and not self.sendings.value)

    def claims(self) -> list[Claim]:
        claims: dict[str, Claim] = {}
        for line in self.log.read_text().splitlines():
            noted = json.loads(line)
            if "claim" in noted:
                new = Claim(noted["began"], noted["at"], noted["change"], set())
                claims.setdefault(noted["claim"], new).ids.update(noted["ids"])
            elif noted["done"] in claims:
                claims[noted["done"]].done = noted["at"]
        return list(claims.values())


@contextlib.contextmanager
def workers(settings: Settings, folder: Path, count: int, chunk: int) -> Iterator[list[Worker]]:
    everybody = [Worker(settings, folder / f"worker {number}", chunk) for number in range(count)]
    try:
        for each in everybody:
            each.start()
        yield everybody
    finally:
        for each in everybody:
            each.kill()
