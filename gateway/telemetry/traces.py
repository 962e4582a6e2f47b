"""Traces for an OpenTelemetry collector; without one, nothing of OpenTelemetry is even imported."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from time import time_ns
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

_NOTHING: AbstractContextManager[Any] = nullcontext()
_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None


def start(url: str, service: str) -> None:
    """Sends spans from now on to the collector at `url` (OTLP over HTTP, as OTEL_EXPORTER_OTLP_ENDPOINT).

    The standard variables OTEL_TRACES_SAMPLER and OTEL_RESOURCE_ATTRIBUTES apply.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _provider, _tracer
    _provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces")))
    _tracer = _provider.get_tracer("gateway")


def stop() -> None:
    """Sends what is left; blocks until then."""
    global _provider, _tracer
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


def request(headers: Mapping[str, str], correlation_id: str) -> AbstractContextManager[Any]:
    """The span of a request, below the caller's own where its `traceparent` header names one."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract(headers)
    return _tracer.start_as_current_span(
        "graphql",
        parent,
        kind=SpanKind.SERVER,
        attributes={"gateway.correlation_id": correlation_id},
        record_exception=False,
    )


def span(name: str) -> AbstractContextManager[Any]:
    """A part of what runs; what is begun in it stands below it."""
    return _NOTHING if _tracer is None else _tracer.start_as_current_span(name, record_exception=False)


def describe(attributes: Mapping[str, str]) -> None:
    """Says what the span that runs is about."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(attributes)


def record(name: str, seconds: float, attributes: Mapping[str, str]) -> None:
    """A part of what runs that took so long and has just ended."""
    if _tracer is not None:
        end = time_ns()
        _tracer.start_span(name, start_time=end - int(seconds * 1e9), attributes=attributes).end(end)
