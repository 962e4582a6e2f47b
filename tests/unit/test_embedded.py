"""The embedded PostgreSQL starts, is shared, stops and recovers, however its users end."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import psutil
import pytest

from gateway.embedded import Embedded, EmbeddedError

USER = """
import sys
from pathlib import Path
from gateway.embedded import Embedded
with Embedded(Path(sys.argv[1])):
    print("serving", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A folder with a cluster, whose name is too long for a socket in it."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / ("long" * 25)
        with Embedded(data_dir):
            pass
        yield data_dir


@contextmanager
def another_user(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server until it is killed or its standard input ends."""
    command = [sys.executable, "-c", USER, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "serving\n"
        yield user


def pid_file(data_dir: Path) -> Path:
    return data_dir / "postgres" / "postmaster.pid"


def server(data_dir: Path) -> psutil.Process:
    return psutil.Process(int(pid_file(data_dir).read_text().split()[0]))


def keeper(data_dir: Path) -> psutil.Process:
    found = [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[-1:] == [str(data_dir)]]
    (process,) = (process for process in found if "-I" in process.info["cmdline"])
    return process


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def end(*processes: psutil.Process) -> bool:
    deadline = time.monotonic() + 20
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(alive, processes))


async def ask(data_dir: Path, query: str) -> object:
    connection = await asyncpg.connect(Embedded(data_dir).dsn())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def test_the_last_user_stops_the_server(data_dir: Path) -> None:
    with Embedded(data_dir):
        running = server(data_dir), keeper(data_dir)
        socket = Path(unquote(Embedded(data_dir).dsn().partition("host=")[2])) / ".s.PGSQL.5432"
        assert socket.is_socket()
        with Embedded(data_dir):
            assert server(data_dir) == running[0]
        assert socket.is_socket()
    assert not any(map(alive, running))
    assert not pid_file(data_dir).exists()
    assert not socket.parent.exists()


async def test_the_server_outlives_the_user_that_started_it_and_stops_after_a_kill_of_the_last(data_dir: Path) -> None:
    with another_user(data_dir) as first:
        running = server(data_dir), keeper(data_dir)
        with another_user(data_dir) as last:
            first.kill()
            first.wait()
            assert await ask(data_dir, "SELECT current_setting('server_version_num')::int / 10000") == 18
            last.kill()
    assert end(*running)
    assert not pid_file(data_dir).exists()


async def test_the_next_start_recovers_after_a_kill_of_everything(data_dir: Path) -> None:
    with another_user(data_dir) as user:
        await ask(data_dir, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed = server(data_dir)
        for process in (keeper(data_dir), psutil.Process(user.pid), killed):
            process.kill()
        await asyncio.to_thread(await_death, killed)

    with Embedded(data_dir):
        assert await ask(data_dir, "SELECT answer FROM kept") == 42


def await_death(process: psutil.Process) -> None:
    """A kill takes effect a moment later; whoever is to bury the process may leave it a zombie."""
    with suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


async def test_a_pid_file_whose_number_another_program_has_got_is_no_server(data_dir: Path) -> None:
    pid_file(data_dir).write_text(f"{os.getppid()}\n{data_dir}\n")

    with Embedded(data_dir):
        assert await ask(data_dir, "SELECT 1") == 1


def test_a_folder_that_cannot_be_used_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(EmbeddedError) as raised:
        Embedded(tmp_path / "file" / "data").start()
    assert str(raised.value) == f"cannot use {tmp_path}/file/data: Not a directory"


def test_the_complaint_of_postgresql_is_told_in_one_line(data_dir: Path) -> None:
    configuration = data_dir / "postgres" / "postgresql.conf"
    right = configuration.read_text()
    configuration.write_text(right + "nonsense = 1\n")

    with pytest.raises(EmbeddedError) as raised:
        Embedded(data_dir).start()
    configuration.write_text(right)
    assert str(raised.value) == f'PostgreSQL: configuration file "{configuration}" contains errors'
