"""A process that spends a budget: `python -m tests.services.spending DSN BURST POINTS` tells how often it could."""

import asyncio
import sys

from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.kit.errors import GatewayError
from gateway.services.budgets import Budgets, Rate

SPENDER = Principal("api_key", 7, "Spender", (Grant(1, 1, "reporting"),))
TRICKLE = 0.001
"""Points a second: none flow back while a test runs."""


async def spend(dsn: str, burst: int, points: int) -> int:
    """Spends points until there are no more, many requests at a time."""
    db = Database(dsn, readers=4)
    await db.open()
    budget = Budgets(db, Rate(burst, TRICKLE), Rate(burst, TRICKLE)).of(SPENDER, "")
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)

    async def ask() -> int:
        for count in range(burst):
            try:
                await budget.spend(points)
            except GatewayError:
                return count
        return burst

    spent = sum(await asyncio.gather(*(ask() for _ in range(10))))
    await db.close()
    return spent


if __name__ == "__main__":
    print(asyncio.run(spend(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
