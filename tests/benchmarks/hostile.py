"""`python -m tests.benchmarks.hostile [REQUESTS]`: the CPU of requests that mean no good, by kind, over the demo's schema.

Each is prepared and, where it is valid, priced and planned, as a caller's first request with that document. Rows are
not read: what an accepted document costs beyond that is paid for by its points.
"""

import gc
import sys
from collections.abc import Mapping
from time import process_time

import orjson
from rich.console import Console
from rich.table import Table

from gateway.execution import Engine, RequestContext
from schema.root import build_schema
from tests.factories.hostile import FAMILIES, LARGEST, Hostile, body
from tests.factories.made_up import MadeUpContext, make_up
from tests.schema.test_equality import LEAVES, VALUES

LIMIT = 50
"""Milliseconds."""


async def measure(engine: Engine, sent: bytes, context: RequestContext) -> tuple[float, str]:
    """Milliseconds of CPU, and what became of the request."""
    asked = orjson.loads(sent)
    began = process_time()
    result = await engine.execute(asked["query"], asked["variables"], asked["operationName"], context)
    took = 1000 * (process_time() - began)
    return took, "run" if result.executed else result.errors[0].message[:60]
