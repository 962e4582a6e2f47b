"""Logs: a JSON object a line on standard output, with tracebacks that show code and never the values in it."""

import logging

import structlog

from gateway.settings import Settings


def configure_logs(settings: Settings) -> None:
    """Sets how this process logs."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            # Richer tracebacks show local variables: passwords and tokens among them.
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level.upper()]),
    )
