"""What others cost everybody else: `python -m tests.benchmarks.beside log-ins|hostile [address of a demo]`.

Prints p50 and p95 of a page of numbers in milliseconds, quiet and beside others, who come from a process of their own:
50 that sign in again and again, or 16 that mean no good, half of them strangers and half with one account. Each sends
its next request when the last one is answered. They begin a while before anybody looks: full budgets are spent by then.
"""

import asyncio
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from multiprocessing.synchronize import Event

import httpx

from gateway.demo import API_KEY, LOGINS, PASSWORD
from schema.root import build_schema
from tests.factories.hostile import FAMILIES, LARGEST, Hostile, body
from tests.schema.test_equality import VALUES

READERS, SECONDS, BEFORE = 2, 10, 20
LOG_INS, HOSTILE, DOCUMENTS = 50, 16, 10_000
PAGE = "{ companies { nodes { numbers(first: 20) { nodes { msisdn status label tariff { name } } } } } }"
LOG_IN = "mutation ($input: LoginInput!) { login(input: $input) { viewer { name } userErrors { code } } }"


async def read(client: httpx.AsyncClient, until: float, times: list[float]) -> None:
    """Asks for the page again and again, and notes how long each answer took, in ms."""
    while time.perf_counter() < until:
        started = time.perf_counter()
        answer = await client.post("/graphql", json={"query": PAGE}, headers={"authorization": f"Bearer {API_KEY}"})
        times.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
        await asyncio.sleep(0.05)


async def measure(address: str) -> dict[str, float]:
    """Percentiles of the readers' times."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        await asyncio.gather(*(read(client, until, times) for _ in range(READERS)))
    ordered = sorted(times)
    return {f"p{share}": round(ordered[len(ordered) * share // 100], 1) for share in (50, 95)}


async def sign_in(client: httpx.AsyncClient, number: int) -> str:
    """Signs in as one of the demo's administrators; what became of it."""
    variables = {"input": {"login": LOGINS[number % len(LOGINS)].email, "password": PASSWORD}}
    answer = await client.post("/graphql", json={"query": LOG_IN, "variables": variables})
    return "signed in" if answer.json()["data"]["login"]["viewer"] is not None else "refused"


async def signing_in(client: httpx.AsyncClient, number: int, answers: Counter[str]) -> None:
    """Signs in without end."""
    while True:
        answers[await sign_in(client, number)] += 1


async def hostile(client: httpx.AsyncClient, number: int, answers: Counter[str], requests: Iterator[bytes]) -> None:
    """Sends what means no good, without end; every other one has an account, the same for all."""
    if number % 2:
        await sign_in(client, len(LOGINS) - 1)
    while True:
        answer = await client.post("/graphql", content=next(requests), headers={"content-type": "application/json"})
        answers[str(answer.status_code)] += 1


def hostile_requests() -> list[bytes]:
    """Every family in several sizes, and random damage, as many as the gateway is to survive."""
    random = Hostile(build_schema()._schema, VALUES)
    families = cycle([body(make(LARGEST >> step)) for step in (0, 2, 4, 7) for make in FAMILIES.values()])
    return [next(families) if seed % 2 else random.make(seed)[1] for seed in range(DOCUMENTS)]


async def disturb(kind: str, address: str, began: Event) -> None:
    """Disturbs until it is stopped, and prints what it was answered."""
    answers: Counter[str] = Counter()
    requests = cycle(hostile_requests()) if kind == "hostile" else iter(())
    began.set()
    async with asyncio.TaskGroup() as tasks:
        for number in range(LOG_INS if kind == "log-ins" else HOSTILE):
            client = httpx.AsyncClient(base_url=address, timeout=60)
            tasks.create_task(
                signing_in(client, number, answers) if kind == "log-ins" else hostile(client, number, answers, requests)
            )
        await asyncio.sleep(BEFORE + SECONDS)
        print(json.dumps(answers))


def run_disturbance(kind: str, address: str, began: Event) -> None:
    asyncio.run(disturb(kind, address, began))


def main(kind: str, address: str) -> None:
    asyncio.run(measure(address))
    quiet = asyncio.run(measure(address))
    spawning = multiprocessing.get_context("spawn")
    began = spawning.Event()
    others = spawning.Process(target=run_disturbance, args=(kind, address, began))
    others.start()
    began.wait()
    time.sleep(BEFORE)
    beside = asyncio.run(measure(address))
    time.sleep(1)
    others.terminate()
    others.join()
    report = {"quiet": quiet, f"beside {kind}": beside, "p95 ratio": round(beside["p95"] / quiet["p95"], 2)}
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000")
