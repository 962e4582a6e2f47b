"""graphql-core, field by field and without waiting: what an engine's answer must equal, with the order of errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import Enum
from typing import Any

import orjson
import strawberry
from graphql import ExecutionResult, GraphQLObjectType, GraphQLResolveInfo, is_introspection_type, parse
from graphql.execution import Executor

from gateway.execution import PUBLIC, Engine, Info, Limits, OfType, Prepared, RequestContext, Result, fallback
from gateway.execution.collect import Collector
from gateway.execution.definitions import FieldDefinition
from gateway.execution.documents import Syntax
from gateway.execution.fields import Source
from gateway.execution.resolving import resolve
from gateway.execution.spending import Spending
from tests.factories.operations import Operations, Sent, Values


class Oracle:
    """Executes over its own copy of a schema whose resolvers finish without waiting."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._engine = Engine(schema)
        self._definitions = self._engine.definitions
        requirements: set[Enum] = set()
        for type_ in self._definitions.schema.type_map.values():
            if not isinstance(type_, GraphQLObjectType) or is_introspection_type(type_):
                continue
            for definition in self._definitions.fields(type_.name).values():
                requirements.add(definition.spec.requires)
                if definition.spec.source in (Source.BATCHED, Source.KEYED):
                    definition.graphql.resolve = self._resolver(definition)

        self._requirements = frozenset(requirements - {PUBLIC})

    def _resolver(self, definition: FieldDefinition) -> Any:
        definitions = self._definitions

        def now(source: Any, info: GraphQLResolveInfo[fallback.Run], **values: object) -> object:
            row = source.row if isinstance(source, OfType) else source
            arguments = definitions.arguments(definition, values)
            if definition.spec.source is Source.KEYED:
                arguments = {name: [value] for name, value in arguments.items()}
            told = Info(info.context.context, fallback.selection_of(definition, info))
            coroutine = resolve(definition, definition.spec.requires in info.context.restricted, [row], told, arguments)
            try:
                coroutine.send(None)
            except StopIteration as finished:
                (value,) = finished.value
                return value
            raise AssertionError(f"{definition.parent}.{definition.name} waits")

        return now

    async def execute(self, prepared: Prepared, sent: Sent, context: RequestContext) -> Result:
        if prepared.errors:
            return Result(None, prepared.errors, executed=False)
        syntax = Syntax(parse(prepared.source))
        executor = Executor.build(
            self._definitions.schema,
            syntax.document,
            raw_variable_values=sent.variables,
            operation_name=sent.operation_name,
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            return Result(None, executor, executed=False)
        operation = prepared.operation(sent.operation_name)
        restricted = context.restricted(self._requirements)
        collector = Collector(self._definitions, syntax, operation.name, executor.variable_values, restricted)
        executor.context_value = fallback.Run(context, restricted, collector, endless(context))
        result: Any = executor.execute_operation()
        return Result(result.data, result.errors or [])


def answer(result: Result) -> tuple[bytes, list[tuple[Any, ...]]]:
    """What a client could tell apart: the bytes of the data, the errors in their order."""
    errors = [(e.message, tuple(e.path or ()), tuple(e.locations or ())) for e in result.errors]
    return orjson.dumps(result.data if result.executed else "refused"), errors


class Laboratory:
    """The engine and its oracle over two copies of a schema, and random operations over it."""

    def __init__(self, make_schema: Callable[[], strawberry.Schema], values: Values, *, depth: int, size: int) -> None:
        self.engine = Engine(make_schema(), limits=Limits(cost=sys.maxsize))
        self.operations = Operations(self.engine.definitions.schema, values, depth=depth, size=size)
        self._oracle = Oracle(make_schema())

    async def compare(self, sent: Sent, make_context: Callable[[bool], Any], name: str) -> None:
        """Both give the same data, errors and effects; `make_context(waits)` makes a context with a `log` of them."""
        context, other = make_context(True), make_context(False)
        prepared = self.engine.prepare(sent.source)
        fallbacks = self.engine.stats.fallbacks

        got = await self.engine.execute(prepared, sent.variables, sent.operation_name, context)
        wanted = await self._oracle.execute(prepared, sent, other)

        told = f"{name}: {sent.source}\n{sent.variables}"
        data, errors = answer(got)
        if self.engine.stats.fallbacks == fallbacks:
            assert (data, errors) == answer(wanted), told
        assert data == answer(wanted)[0], told
        assert context.log == other.log, told
        if got.executed and not errors:
            result = await by_core(self.engine, sent, make_context(True))
            assert (orjson.dumps(result.data), result.errors) == (data, None), told


async def by_core(engine: Engine, sent: Sent, context: RequestContext) -> ExecutionResult:
    """What graphql-core answers over the resolvers of the engine; where there are errors it may find others first."""
    operation = engine.prepare(sent.source).operation(sent.operation_name)
    restricted = context.restricted(operation.requirements)
    syntax = Syntax(parse(sent.source))
    return await fallback.execute(
        engine.definitions, syntax, operation.name, sent.variables, context, restricted, endless(context)
    )


def endless(context: RequestContext) -> Spending:
    """Of a request that may find as much as there is."""
    return Spending(context, sys.maxsize, sys.maxsize)
