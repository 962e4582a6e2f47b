"""The commands as an operator meets them: processes, signals, exit codes and single lines."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from gateway.cli import main
from gateway.embedded import Embedded
from tests.unit.test_embedded import alive, end


def command(*arguments: str, **settings: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", *arguments],
        env=environment | {f"GATEWAY_{name.upper()}": value for name, value in settings.items()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def data_dir() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield folder


@contextmanager
def serving(*arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that serves, and its address, which is the first thing that it prints."""
    with command(*arguments, port="0", **settings) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[0]
            yield process, address
        finally:
            process.kill()


def get(address: str) -> int:
    with urllib.request.urlopen(f"{address}/healthz") as answer:
        status: int = answer.status
        return status


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_serves_and_leaves_no_process_behind(data_dir: str, ending: signal.Signals) -> None:
    with serving("demo", data_dir=data_dir) as (demo, address):
        assert get(address) == 200
        family = psutil.Process(demo.pid).children(recursive=True)
        server = psutil.Process(int((Path(data_dir) / "postgres" / "postmaster.pid").read_text().split()[0]))
        demo.send_signal(ending)
        _, complaints = demo.communicate(timeout=30)

    assert demo.returncode == 0
    assert complaints == ""
    psutil.wait_procs([*family, server], timeout=10)  # some end when they notice that the demo has
    assert not any(map(alive, [*family, server]))


def test_several_processes_serve_one_port(data_dir: str) -> None:
    with serving("serve", "--processes", "2", data_dir=data_dir) as (gateway, address):
        assert get(address) == 200
        family = psutil.Process(gateway.pid).children(recursive=True)
        gateway.terminate()
        _, complaints = gateway.communicate(timeout=30)

    assert gateway.returncode == 0
    assert complaints == ""
    assert end(*family)


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """What a command that cannot be run says, in this process."""

    def run(name: str, **settings: str) -> str:
        for setting, value in ({"port": "0"} | settings).items():
            monkeypatch.setenv(f"GATEWAY_{setting.upper()}", value)
        monkeypatch.setattr(sys, "argv", ["gateway", name])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert (said.out, ended.value.code) == ("", 1)
        return said.err

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"port": "65536"}, "GATEWAY_PORT: Input should be less than or equal to 65535"),
        ({"host": "0.0.0.0"}, "everybody knows the demo's log-ins: it listens on loopback, not on 0.0.0.0"),
        ({"database_url": "mysql://h/d"}, "GATEWAY_DATABASE_URL: String should match pattern '^postgres(ql)?://'"),
        (
            {"database_url": "postgresql://127.0.0.1:1/d"},
            "cannot connect to GATEWAY_DATABASE_URL: [Errno 111] Connect call failed ('127.0.0.1', 1)",
        ),
        ({"data_dir": "/dev/null/data"}, "cannot use /dev/null/data: Not a directory"),
    ],
)
def test_what_an_operator_can_put_right_is_one_line(
    refusal: Callable[..., str], settings: dict[str, str], complaint: str
) -> None:
    assert refusal("demo", **settings) == f"gateway: {complaint}\n"


def test_a_taken_port_is_one_line(refusal: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert refusal("serve", port=port) == (
            f"gateway: cannot listen on 127.0.0.1:{port} (GATEWAY_HOST, GATEWAY_PORT): Address already in use\n"
        )


@pytest.mark.parametrize(
    ("language", "complaint"),
    [
        (
            "C.UTF-8",
            "there are no data here ({}): run this where `gateway demo` or `gateway serve` was started, "
            "or set GATEWAY_DATA_DIR or GATEWAY_DATABASE_URL",
        ),
        (
            "ru_RU.UTF-8",
            "здесь нет данных ({}): выполните команду там, где запускали `gateway demo` или `gateway serve`, "
            "либо задайте GATEWAY_DATA_DIR или GATEWAY_DATABASE_URL",
        ),
    ],
)
def test_where_nothing_was_made_a_command_makes_nothing(
    refusal: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", language)

    said = refusal("worker")

    assert said == f"gateway: {complaint.format(tmp_path / '.gateway')}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_is_one_line(refusal: Callable[..., str], postgres: Embedded) -> None:
    assert refusal("serve", database_url=postgres.dsn()) == (
        "gateway: the database has no tables yet: run `gateway migrate`\n"
    )
