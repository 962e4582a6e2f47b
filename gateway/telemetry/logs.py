"""Logs: a JSON object a line on standard output, with tracebacks that show code and never the values in it."""

import logging
from random import getrandbits

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger


def configure_logs(level: str) -> None:
    """Sets how this process logs; `level` is the least that is written: debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            # Richer tracebacks show local variables: passwords and tokens among them.
            structlog.processors.format_exc_info,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def new_correlation_id() -> str:
    """By which a request or an operation is found in the logs: on every line that its task logs from now on."""
    correlation_id = f"{getrandbits(128):032x}"  # no secret, so the system need not be asked for it
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
    return correlation_id


def _render(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=repr)
