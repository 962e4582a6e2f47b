"""The servers: one process each on a free port of loopback, with what each costs in CPU and memory."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

PEERS = Path(__file__).parent / "peers"
POOL = 10
"""Connections of each server to PostgreSQL."""

_PATIENCE = 60  # seconds for a start
_OLDEST_NODE = 22
_UVICORN = (sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning")


@dataclass(frozen=True)
class Server:
    """A running server. `plain` marks the one that answers with the values of the columns."""

    name: str
    port: int
    process: psutil.Process
    plain: bool = False

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


@dataclass(frozen=True)
class Program:
    """How a server is started; the variables may name `{port}`."""

    name: str
    command: tuple[str | Path, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False


def programs(dsn: str) -> tuple[Program, ...]:
    """The gateway and its peers over the database at `dsn`."""
    node = _node()
    peer = {"PEER_DSN": dsn, "PORT": "{port}", "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    return (
        Program("gateway", (sys.executable, "-m", "gateway", "serve"), _gateway(dsn)),
        Program("mercurius", (node, PEERS / "mercurius.js"), peer),
        Program("postgraphile", (node, PEERS / "postgraphile.js"), peer, plain=True),
        Program("yoga", (node, PEERS / "yoga.js"), peer),
        Program("strawberry", (*_UVICORN, "--port", "{port}", "tests.benchmarks.peers.stock_strawberry:app"), peer),
    )


def watched(dsn: str) -> Program:
    """The gateway with a watch on its event loop."""
    return Program("gateway, watched", (*_UVICORN, "--port", "{port}", "tests.benchmarks.watch:app"), _gateway(dsn))


@contextlib.contextmanager
def running(program: Program) -> Iterator[Server]:
    """Starts a server, waits until it answers, and stops it at the end."""
    port = _free_port()
    environment = {name: value.format(port=port) for name, value in program.environment.items()}
    command = [str(part).format(port=port) for part in program.command]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
        try:
            server = Server(program.name, port, psutil.Process(process.pid), program.plain)
            deadline = time.monotonic() + _PATIENCE
            while not _answers(server):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"{program.name} does not start:\n{log.read().decode(errors='replace')}")
                time.sleep(0.1)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)


def _gateway(dsn: str) -> dict[str, str]:
    return {
        "GATEWAY_DATABASE_URL": dsn,
        "GATEWAY_PORT": "{port}",
        "GATEWAY_READERS": str(POOL),
        "GATEWAY_LOG_LEVEL": "warning",
        "GATEWAY_WORKER": "false",  # One process each: bulk changes run elsewhere.
        # Costs are counted and taken from budgets, but nobody is to wait for theirs.
        "GATEWAY_POINTS_PER_SECOND": "1e9",
        "GATEWAY_POINTS_BURST": "10000000000",
    }


def _node() -> Path:
    """The Node that the lock file brings along; elsewhere the machine's own, when it is new enough."""
    for brought in sorted((PEERS / "node_modules").glob("node-linux-*/bin/node")):
        return brought
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < _OLDEST_NODE:
        raise RuntimeError(f"the peers need Node {_OLDEST_NODE} or newer, here is {version.strip()}")
    return Path("node")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(server: Server) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.post(server.at("/graphql"), json={"query": "{ __typename }"}).status_code == 200
    return False
