"""Reads a table without trusting it: the parsing happens in a confined process, its rows come through a pipe."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import orjson

import gateway
from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.table import Row

_ROOT = Path(gateway.__file__).parent.parent if gateway.__file__ else Path.cwd()
_PIPE_BYTES = 256 * 1024


@contextlib.asynccontextmanager
async def open_sheet(source: Path | bytes, limits: SheetLimits | None = None) -> AsyncIterator[AsyncIterator[Row]]:
    """
    The rows of a CSV or XLSX file, lazily.

        async with open_sheet(path) as rows:
            async for number, cells in rows: …

    `SheetError` is raised while the rows are read. The process ends with the block, however that is left.
    """
    limits = limits or SheetLimits()
    with await asyncio.to_thread(_file, source) as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.sheets", orjson.dumps(asdict(limits))),
            stdin=file,
            stdout=asyncio.subprocess.PIPE,
            limit=_PIPE_BYTES,
            cwd=_ROOT,
            env={},
        )
    try:
        async with contextlib.aclosing(_rows(process, limits)) as rows:
            yield rows
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        # Not wait(), which would wait for ever for the end of a pipe that nobody reads any more.
        await process.communicate()


def _file(source: Path | bytes) -> BinaryIO:
    if isinstance(source, Path):
        return source.open("rb")
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller closes it
    file.write(source)
    file.seek(0)
    return file


async def _rows(process: asyncio.subprocess.Process, limits: SheetLimits) -> AsyncGenerator[Row, None]:
    while (message := await _message(process, limits)) is not None:
        if isinstance(message, dict):
            raise SheetError(Problem[message["problem"]], **message["values"])
        for number, cells in message:
            yield Row(number, cells)


async def _message(process: asyncio.subprocess.Process, limits: SheetLimits) -> Any:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(limits.stall_seconds):
            length = int.from_bytes(await process.stdout.readexactly(4), "big")
            return orjson.loads(await process.stdout.readexactly(length))
    except TimeoutError:
        raise SheetError(Problem.TOO_DEMANDING) from None
    except asyncio.IncompleteReadError:
        killed = await process.wait() < 0
        raise SheetError(Problem.TOO_DEMANDING if killed else Problem.DAMAGED) from None
