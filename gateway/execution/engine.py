"""The engine: prepares documents, executes operations, runs subscriptions."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import strawberry
from graphql import ASTValidationRule, ExecutionResult, GraphQLError, OperationType, specified_rules
from graphql.execution import Executor, create_source_event_stream
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from gateway.execution import fallback
from gateway.execution.collect import Collector
from gateway.execution.definitions import Definitions
from gateway.execution.documents import Documents, Operation, Prepared

RULES: tuple[type[ASTValidationRule], ...] = (*specified_rules, MaybeNullValidationRule)
"""What the GraphQL specification and Strawberry's inputs ask of a document."""


class RequestContext(Protocol):
    """What the engine needs of a request's context; for the resolvers it is opaque."""

    def restricted(self, requirements: frozenset[Enum]) -> Set[Enum]:
        """Which of these requirements the caller does not hold everywhere."""
        ...

    def permit(self, requirement: Enum, rows: Sequence[Any], place: tuple[str, ...]) -> Sequence[Exception | None]:
        """For each row, standing at the columns `place`, None or the refusal of a restricted requirement."""
        ...


@dataclass(slots=True)
class Result:
    """The answer to an operation: `data` is ready for orjson and may hold `orjson.Fragment`s."""

    data: dict[str, Any] | None
    errors: list[GraphQLError] = field(default_factory=list)
    executed: bool = True
    """False when the request was refused before execution: the answer then has no `data`, not even null."""


@dataclass(slots=True)
class Stats:
    """Counters since the start of the process."""

    operations: int = 0
    fallbacks: int = 0
    """Operations that graphql-core executed."""


class Engine:
    """Executes operations over a Strawberry schema whose fields are declared with `gateway.execution.fields`.

    `rules` are validated beside those of the specification. Documents are kept by source text, valid or not: at most
    `max_documents` of together at most `max_characters`.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        rules: Collection[type[ASTValidationRule]] = (),
        max_tokens: int = 10_000,
        max_documents: int = 1_000,
        max_characters: int = 1_000_000,
    ) -> None:
        self.definitions = Definitions(schema)
        self.stats = Stats()
        self._requirements = self.definitions.requirements()
        self._documents = Documents(
            self.definitions.schema,
            (*RULES, *rules),
            max_tokens=max_tokens,
            entries=max_documents,
            weight=max_characters,
        )
        fallback.bind(self.definitions)

    def prepare(self, source: str) -> Prepared:
        """The parsed and validated document; work done once per source text."""
        return self._documents.prepare(source)

    async def execute(
        self,
        document: str | Prepared,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: RequestContext,
    ) -> Result:
        """Runs a query or mutation; never raises for what the caller sent."""
        executor = self._executor(document, variables, operation_name, context)
        if isinstance(executor, Result):
            return executor
        if executor.operation.operation is OperationType.SUBSCRIPTION:
            return Result(None, [GraphQLError("A subscription needs a stream.", executor.operation)], executed=False)
        self.stats.operations += 1
        self.stats.fallbacks += 1
        return _result(await fallback.execute(executor))

    async def subscribe(
        self,
        document: str | Prepared,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: RequestContext,
        renew: Callable[[], Awaitable[RequestContext]],
    ) -> AsyncIterator[Result] | Result:
        """A stream of answers, one for each event, or the refusal of the request.

        `renew` gives a fresh context for each event (loaders, session and rights checked again); when it raises, the
        stream ends with that exception.
        """
        executor = self._executor(document, variables, operation_name, context)
        if isinstance(executor, Result):
            return executor
        if executor.operation.operation is not OperationType.SUBSCRIPTION:
            return Result(None, [GraphQLError("Expected a subscription.", executor.operation)], executed=False)
        source: Any = create_source_event_stream(executor)
        if executor.is_awaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            return Result(None, source.errors or [], executed=False)
        return self._events(executor, source, renew)

    async def _events(
        self, executor: Executor[Any], source: Any, renew: Callable[[], Awaitable[RequestContext]]
    ) -> AsyncIterator[Result]:
        try:
            async for row in source:
                event = executor.build_per_event_executor(row)
                event.context_value = self._run(await renew(), executor.context_value.collector)
                self.stats.operations += 1
                self.stats.fallbacks += 1
                yield _result(await fallback.execute(event))
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def _executor(
        self,
        document: str | Prepared,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: RequestContext,
    ) -> Executor[Any] | Result:
        prepared = self.prepare(document) if isinstance(document, str) else document
        if prepared.errors:
            return Result(None, list(prepared.errors), executed=False)
        try:
            operation: Operation = prepared.operation(operation_name)
        except GraphQLError as error:
            return Result(None, [error], executed=False)
        assert prepared.document is not None
        built = Executor.build(
            self.definitions.schema,
            prepared.document,
            raw_variable_values=dict(variables or {}),
            operation_name=operation_name or None,
            hide_suggestions=True,
        )
        if isinstance(built, list):
            return Result(None, built, executed=False)
        restricted = context.restricted(self._requirements)
        collector = Collector(self.definitions, operation, built.variable_values, restricted)
        built.context_value = fallback.Run(context, restricted, collector)
        return built

    def _run(self, context: RequestContext, collector: Collector) -> fallback.Run:
        return fallback.Run(context, context.restricted(self._requirements), collector)


def _result(result: ExecutionResult) -> Result:
    return Result(result.data, result.errors or [])
