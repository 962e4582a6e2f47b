"""Runs what npm holds against a demo of its own."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import API_KEY, LOGINS, PASSWORD
from tests.demos import demo

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.npm)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Runs a script against the demo and gives what it found."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("Install Node.js 20 or newer with npm")
    with demo(tmp_path_factory.mktemp("demo"), "--numbers", "1000") as address:

        def run(script: str) -> Any:
            command = [node, str(HERE / script), address, API_KEY, LOGINS[0].email, PASSWORD]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        yield run
