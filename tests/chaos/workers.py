"""Workers as processes of their own, whose chunks are written down from inside, and what may happen to them."""

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from gateway import jobs, worker
from gateway.services import bulk_runs, states
from gateway.settings import Settings

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])  # a killed worker is there again at once


def work(settings: Settings, log: str, busy: "Synchronized[int]", chunk: int) -> None:
    """`gateway worker`, with small chunks, each written down when it has claimed its items and when it is committed."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    with open(f"{log} says", "a") as said:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
    run_chunk, load = bulk_runs.run_chunk, states.load
    began, change = 0.0, 0

    def note(**what: object) -> None:
        os.write(file, json.dumps({"at": time.time(), **what}).encode() + b"\n")

    async def noted_chunk(db: Any, company_id: int, change_id: int, **options: Any) -> bool:
        nonlocal began, change
        began, change = time.time(), change_id
        try:
            done = await run_chunk(db, company_id, change_id, **options)
        finally:
            change = busy.value = 0
        if done:
            note(done=True)
        return done

    async def noted_load(run: Any, companies: Sequence[int], ids: Sequence[int], *, lock: bool = False) -> Any:
        if lock and change:
            note(began=began, change=change, ids=list(ids))
            busy.value = 1
        return await load(run, companies, ids, lock=lock)

    bulk_runs.CHUNK, states.load = chunk, noted_load
    jobs.run_chunk = noted_chunk  # type: ignore[attr-defined]  # it is imported there
    worker.run_worker(settings)


@dataclass(slots=True)
class Chunk:
    """Items that a worker claimed; `done` is None for those that it lost."""

    began: float
    claimed: float
    change_id: int
    ids: frozenset[int]
    done: float | None = None


@dataclass
class Worker:
    """One worker, which is there again after each end; all of its processes write into one log."""

    settings: Settings
    log: Path
    chunk: int
    busy: "Synchronized[int]" = field(default_factory=lambda: _PROCESSES.Value("i", 0))
    frozen: bool = False

    def start(self) -> None:
        self.log.touch()
        self.busy.value = 0
        self.process: ForkServerProcess = _PROCESSES.Process(
            target=work, args=(self.settings, str(self.log), self.busy, self.chunk)
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

    @property
    def claimed_at(self) -> float:
        """When it claimed items last; 0 before."""
        return next((chunk.claimed for chunk in self.chunks()[::-1]), 0)

    def chunks(self) -> list[Chunk]:
        chunks: list[Chunk] = []
        for line in self.log.read_text().splitlines():
            noted = json.loads(line)
            if "done" in noted:
                chunks[-1].done = noted["at"]
            else:
                chunks.append(Chunk(noted["began"], noted["at"], noted["change"], frozenset(noted["ids"])))
        return chunks


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
