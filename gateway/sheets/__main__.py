"""The confined process: reads the table on standard input, writes its rows to standard output.

Each message is its length in four bytes and JSON: a list of rows, null after the last one, or what was wrong.
"""

import contextlib
import resource
import sys
from typing import BinaryIO

import orjson

from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.table import read_table

_MESSAGE_CHARACTERS = 32_768


def confine(limits: SheetLimits) -> None:
    """Bounds memory and processor time."""
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


def write(output: BinaryIO, message: object) -> None:
    packed = orjson.dumps(message)
    output.write(len(packed).to_bytes(4, "big") + packed)


def transmit(source: BinaryIO, output: BinaryIO, limits: SheetLimits) -> None:
    """Sends the rows, many at a time but never many characters, then null."""
    rows: list[tuple[int, list[str]]] = []
    characters = 0
    for row in read_table(source, limits):
        rows.append((row.number, row.cells))
        characters += sum(map(len, row.cells))
        if characters > _MESSAGE_CHARACTERS:
            write(output, rows)
            rows, characters = [], 0
    write(output, rows)
    write(output, None)


def main() -> None:
    limits = SheetLimits(**orjson.loads(sys.argv[1]))
    confine(limits)
    # The reader may have seen enough and gone.
    with contextlib.suppress(BrokenPipeError):
        try:
            transmit(sys.stdin.buffer, sys.stdout.buffer, limits)
        except SheetError as error:
            write(sys.stdout.buffer, {"problem": error.problem.name, "values": error.values})
        except MemoryError:
            write(sys.stdout.buffer, {"problem": Problem.TOO_DEMANDING.name, "values": {}})
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
