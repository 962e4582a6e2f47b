"""What a use case runs its statements with, inside a transaction or without one."""

from collections.abc import Awaitable
from typing import Protocol

import asyncpg

from gateway.statements import Statement


class Run(Protocol):
    """Runs a statement: `partial(db.fetch, tenant)` to read, `partial(run, session)` inside a transaction."""

    def __call__(self, statement: Statement, /, **parameters: object) -> Awaitable[list[asyncpg.Record]]: ...
