"""Gateways as processes of their own over one database, and people who send them GraphQL."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

KEY = "0123456789abcdef0123456789abcdef"


@contextmanager
def gateway(dsn: str, log: IO[str], folder: Path, **more: str) -> Iterator[str]:
    """A `gateway serve` over a migrated database, by its address; what it prints afterwards goes into the log."""
    settings: dict[str, str] = {
        "GATEWAY_PORT": "0",
        "GATEWAY_DATABASE_URL": dsn,
        "GATEWAY_SECRET_KEY": KEY,
        "GATEWAY_DATA_DIR": str(folder),
        "GATEWAY_WORKER": "0",
        "PYTHONUNBUFFERED": "1",
    } | more
    command = [sys.executable, "-m", "gateway", "serve"]
    with subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        copying = threading.Thread(target=shutil.copyfileobj, args=(process.stdout, log))
        copying.start()
        try:
            yield address
        finally:
            process.terminate()
            copying.join()
            process.wait(30)


async def ask(client: httpx.AsyncClient, address: str, document: str, **variables: Any) -> Any:
    """The answer, without what it cost."""
    answer = await client.post(f"{address}/graphql", json={"query": document, "variables": variables}, timeout=30)
    return {name: value for name, value in answer.json().items() if name != "extensions"}


LOG_IN = """
mutation ($login: String!, $password: String!, $code: String) {
  login(input: { login: $login, password: $password, code: $code }) {
    viewer { name sessions { id current } } secondFactorRequired userErrors { code field message }
  }
}
"""
