"""A `gateway demo` as a process of its own, over data made for it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_UP = 120
"""Seconds that a first start may take, demo data included."""


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[str]:
    """Its address, when it answers."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    settings = {"GATEWAY_PORT": str(port), "GATEWAY_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "gateway", "demo", *options]
    with (
        (folder / "log").open("w+") as log,
        subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            deadline = time.monotonic() + START_UP
            while not answers(address):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The demo did not start:\n{(folder / 'log').read_text()}")
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:  # refused, or not answered yet
        return False
