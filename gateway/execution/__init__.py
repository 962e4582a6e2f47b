"""GraphQL executed a level at a time over a Strawberry schema; knows nothing of what the schema is about."""

from gateway.execution.definitions import SchemaError, check_schema
from gateway.execution.documents import Prepared
from gateway.execution.engine import Engine, RequestContext, Result
from gateway.execution.fields import PUBLIC, batched, column, computed, keyed, streamed
from gateway.execution.limits import Limits
from gateway.execution.selection import Info, Selection, StreamInfo
from gateway.kit.rows import OfType, Row, Shared

__all__ = [
    "PUBLIC",
    "Engine",
    "Info",
    "Limits",
    "OfType",
    "Prepared",
    "RequestContext",
    "Result",
    "Row",
    "SchemaError",
    "Selection",
    "Shared",
    "StreamInfo",
    "batched",
    "check_schema",
    "column",
    "computed",
    "keyed",
    "streamed",
]
