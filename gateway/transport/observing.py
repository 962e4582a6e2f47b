"""What operators are told of an operation: which document, who, how long, with what outcome; never its variables."""

import structlog
from graphql import GraphQLError

from authz.principal import Principal
from gateway.execution import Prepared, Result
from gateway.kit.errors import GatewayError, Refusal, Refusals
from gateway.telemetry import traces
from gateway.telemetry.metrics import REQUEST_SECONDS, REQUESTS
from gateway.transport.answers import cause_of
from gateway.transport.requests import Parameters

log = structlog.get_logger(__name__)

_LONGEST_NAME = 100


def observe(prepared: Prepared, asked: Parameters, principal: Principal | None, result: Result, seconds: float) -> None:
    """Measures and logs an operation that was answered."""
    operation = prepared.find(asked.operation_name)
    kind = operation.type.value if operation else "none"
    shown = operation.name[:_LONGEST_NAME] if operation else ""
    outcome = _outcome(result)
    REQUESTS.add(kind, outcome)
    REQUEST_SECONDS.observe(seconds, kind)
    traces.describe(
        {
            "graphql.operation.type": kind,
            "graphql.operation.name": shown,
            "graphql.document.hash": prepared.digest,
            "gateway.outcome": outcome,
        }
    )
    log.info(
        "graphql.operation",
        type=kind,
        name=shown,
        document=prepared.digest,
        principal=f"{principal.kind}:{principal.id}" if principal else None,
        outcome=outcome,
        cost=result.cost,
        milliseconds=round(seconds * 1e3, 3),
    )


def observe_refused(status: int) -> None:
    """Counts and logs a request that came to no operation: not JSON, a wrong key, too much."""
    outcome = "failed" if status == 500 else "refused"
    REQUESTS.add("none", outcome)
    traces.describe({"gateway.outcome": outcome})
    log.info("graphql.refused", status=status)


def _outcome(result: Result) -> str:
    if not result.errors:
        return "ok"
    if not all(isinstance(cause_of(error), _CALLERS_FAULTS) for error in result.errors):
        return "failed"
    return "partial" if result.executed else "refused"


_CALLERS_FAULTS = (Refusal, Refusals, GatewayError, GraphQLError, type(None))
