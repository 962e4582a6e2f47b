"""What is measured. Labels have few values: none comes from a client or names a company."""

from gateway.telemetry import meters
from gateway.telemetry.meters import Counter, Gauge, Histogram

REQUESTS = Counter(
    "gateway_requests_total",
    "Operations by type (query, mutation, subscription; none: no document was read) and outcome (ok, partial: data "
    "with errors, refused: the caller's fault, failed: ours).",
    "operation",
    "outcome",
)
REQUEST_SECONDS = Histogram("gateway_request_seconds", "How long operations took, by type.", "operation")
ERRORS = Counter("gateway_errors_total", "Top-level errors by code.", "code")
REFUSALS = Counter("gateway_refusals_total", "Business refusals, the userErrors of payloads, by code.", "code")
EVENTS = Counter("gateway_events_total", "Answers sent to those who follow something.")
STREAMS = Gauge("gateway_streams", "Open WebSockets and event streams.")
STATEMENT_SECONDS = Histogram("gateway_statement_seconds", "How long SQL statements took, by pool.", "pool")
JOB_SECONDS = Histogram("gateway_job_seconds", "How long pieces of work took, by outcome.", "job", "outcome")
BULK_ITEMS = Counter(
    "gateway_bulk_items_total", "Items of bulk changes by the state that a worker left them in.", "state"
)
REFUSED_ENDINGS = Counter(
    "gateway_refused_endings_total",
    "Refusals of the operator's system to end a block, a forwarding or a guarded option in time, by action.",
    "action",
)
POOL_CONNECTIONS = Gauge("gateway_pool_connections", "Connections to PostgreSQL by pool and state.", "pool", "state")
LOOP_LAG_SECONDS = Histogram(
    "gateway_loop_lag_seconds", "How late the event loop came to a timer, four times a second."
)
MEMORY_BYTES = Gauge("gateway_memory_bytes", "Resident memory.")

METERS = (
    REQUESTS,
    REQUEST_SECONDS,
    ERRORS,
    REFUSALS,
    EVENTS,
    STREAMS,
    STATEMENT_SECONDS,
    JOB_SECONDS,
    BULK_ITEMS,
    REFUSED_ENDINGS,
    POOL_CONNECTIONS,
    LOOP_LAG_SECONDS,
    MEMORY_BYTES,
)


def exposition() -> bytes:
    """All metrics in Prometheus' text form."""
    return meters.exposition(METERS).encode()
