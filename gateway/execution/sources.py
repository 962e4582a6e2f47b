"""Opens the event source of a subscription."""

from collections.abc import AsyncIterator, Awaitable, Callable, Set
from enum import Enum
from typing import Any

from graphql import located_error
from graphql.execution import VariableValues

from gateway.execution.arguments import coerce
from gateway.execution.collect import Collector
from gateway.execution.resolving import verdicts
from gateway.execution.selection import StreamInfo


def open_source(
    collector: Collector,
    variables: VariableValues,
    context: Any,
    restricted: Set[Enum],
    renew: Callable[[], Awaitable[Any]],
) -> AsyncIterator[Any]:
    """The rows of the subscription's only root field; raises a located `GraphQLError`."""
    type_ = collector.definitions.schema.subscription_type
    assert type_ is not None
    ((key, details),) = collector.root(type_).items()
    node = details[0].node
    definition = collector.definitions.fields(type_.name)[node.name.value]
    try:
        arguments = coerce(collector.definitions, definition, node, variables)
        if definition.spec.requires in restricted:
            (refusal,) = verdicts(definition, context, [None])
            if refusal is not None:
                raise refusal
        assert definition.spec.function is not None
        info = StreamInfo(context, collector.selection(definition, details), renew)
        source: AsyncIterator[Any] = definition.spec.function(info, **arguments)
        return source
    except Exception as error:
        raise located_error(error, [detail.node for detail in details], [key]) from error
