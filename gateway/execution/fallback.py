"""graphql-core over the same resolvers: what the compiler does not cover, and the oracle that it is tested against."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLUnionType,
    is_introspection_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails

from gateway.execution.collect import Collector
from gateway.execution.cost import INTROSPECTION
from gateway.execution.definitions import Definitions, FieldDefinition
from gateway.execution.documents import Syntax
from gateway.execution.fields import Source
from gateway.execution.resolving import resolve, verdicts
from gateway.execution.selection import Info, Selection
from gateway.execution.spending import Overrun, Spending
from gateway.kit.rows import OfType


@dataclass(slots=True)
class Batch:
    """The parents of one field that graphql-core visited in one turn of the event loop."""

    rows: list[Any] = field(default_factory=list)
    arguments: list[Mapping[str, object]] = field(default_factory=list)
    answers: list[asyncio.Future[object]] = field(default_factory=list)
    selection: Selection = field(default_factory=Selection)


@dataclass(slots=True)
class Run:
    """One execution by graphql-core: the request's context, the restricted requirements, the open batches."""

    context: Any
    restricted: Set[Enum]
    collector: Collector
    spending: Spending
    batches: dict[object, Batch] = field(default_factory=dict)


def bind(definitions: Definitions) -> None:
    """Gives every field of the schema a resolver, so that graphql-core can execute it with a `Run` as its context."""
    for type_ in definitions.schema.type_map.values():
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            type_.resolve_type = _type_resolver(definitions)
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_):
            type_.is_type_of = None
            for definition in definitions.fields(type_.name).values():
                _bind_field(definitions, definition)


def _type_resolver(definitions: Definitions) -> Any:
    def resolve_type(value: object, _info: GraphQLResolveInfo[Run], abstract: Any) -> str:
        return definitions.runtime_type(abstract.name, value)

    return resolve_type


def _bind_field(definitions: Definitions, definition: FieldDefinition) -> None:
    spec = definition.spec
    graphql = definition.graphql

    def plain(source: Any, info: GraphQLResolveInfo[Run]) -> object:
        row = source.row if isinstance(source, OfType) else source
        if spec.requires in info.context.restricted:
            (refusal,) = verdicts(definition, info.context.context, [row])
            if refusal is not None:
                raise refusal
        value = row[definition.column] if spec.function is None else spec.function(row)
        _count(info.context, definition, value)
        return value

    def batched(source: Any, info: GraphQLResolveInfo[Run], **values: object) -> asyncio.Future[object]:
        row = source.row if isinstance(source, OfType) else source
        return _join(definitions, definition, row, info, definitions.arguments(definition, values))

    def streamed(event: object, info: GraphQLResolveInfo[Run], **_values: object) -> object:
        if spec.requires in info.context.restricted:
            (refusal,) = verdicts(definition, info.context.context, [None])
            if refusal is not None:
                raise refusal
        return event

    match spec.source:
        case Source.STREAMED:
            graphql.resolve = streamed
        case Source.BATCHED | Source.KEYED:
            graphql.resolve = batched
        case _:
            graphql.resolve = plain


def _count(run: Run, definition: FieldDefinition, value: object) -> None:
    """Counts a value, or a list and its items, each as dear as one of the schema about itself: it is made alike."""
    values = 1 + len(value) if isinstance(value, list) else 1
    run.spending.take(INTROSPECTION * values, f"{definition.parent}.{definition.name}")


def selection_of(definition: FieldDefinition, info: GraphQLResolveInfo[Run]) -> Selection:
    collector: Collector = info.context.collector
    return collector.selection(definition, [FieldDetails(node, None) for node in info.field_nodes])


def _join(
    definitions: Definitions,
    definition: FieldDefinition,
    row: object,
    info: GraphQLResolveInfo[Run],
    arguments: Mapping[str, object],
) -> asyncio.Future[object]:
    """The future value for one parent, from a call that all parents of this turn of the event loop share."""
    run: Run = info.context
    selection = selection_of(definition, info)
    loop = asyncio.get_running_loop()
    keyed = definition.spec.source is Source.KEYED
    # a mutation's fields come one by one anyway; a keyed field shares the call with its aliases
    key = (id(definition),) if keyed else (id(definition), *map(id, info.field_nodes))
    batch = run.batches.get(key)
    if batch is None:
        batch = run.batches[key] = Batch()

        def start() -> None:
            task = loop.create_task(_answer(definition, run, run.batches.pop(key)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        loop.call_soon(start)
    answer: asyncio.Future[object] = loop.create_future()
    batch.rows.append(row)
    batch.arguments.append(arguments)
    batch.answers.append(answer)
    batch.selection = batch.selection | selection
    return answer


tasks: set[asyncio.Task[None]] = set()
"""Keeps the running batches referenced."""


async def _answer(definition: FieldDefinition, run: Run, batch: Batch) -> None:
    info = Info(run.context, batch.selection)
    restricted = definition.spec.requires in run.restricted
    if definition.spec.source is Source.KEYED:
        names = batch.arguments[0]
        arguments: dict[str, object] = {name: [given[name] for given in batch.arguments] for name in names}
    else:
        arguments = dict(batch.arguments[0])
    values: Sequence[object] = await resolve(definition, restricted, batch.rows, info, arguments)
    try:
        for value in values:
            _count(run, definition, value)
        await run.spending.pay()
    except Overrun as overrun:
        batch.answers[0].set_exception(overrun)
        return
    for answer, value in zip(batch.answers, values, strict=True):
        if not answer.done():
            answer.set_result(value)


async def execute(
    definitions: Definitions,
    syntax: Syntax,
    operation: str,
    inputs: Mapping[str, object],
    context: Any,
    restricted: Set[Enum],
    spending: Spending,
    event: object = None,
) -> ExecutionResult:
    """The result of an operation whose variables are known to be good; `event` is the row of a subscription's event.

    Raises `Overrun`.
    """
    executor = Executor.build(
        definitions.schema,
        syntax.document,
        root_value=event,
        raw_variable_values=dict(inputs),
        operation_name=operation or None,
        hide_suggestions=True,
    )
    assert isinstance(executor, Executor)
    collector = Collector(definitions, syntax, operation, executor.variable_values, restricted)
    executor.context_value = Run(context, restricted, collector, spending)
    result: Any = executor.execute_operation()
    if executor.is_awaitable(result):
        result = await result
    assert isinstance(result, ExecutionResult)
    await spending.pay()
    return result
