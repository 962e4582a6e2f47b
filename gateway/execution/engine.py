"""The engine: prepares documents, executes operations, runs subscriptions."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence, Set
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import strawberry
from graphql import GraphQLError, OperationType
from graphql.execution import VariableValues, get_variable_values

from gateway.execution import fallback
from gateway.execution.cache import Lru
from gateway.execution.codegen import compile_plan
from gateway.execution.collect import Collector
from gateway.execution.cost import Advice
from gateway.execution.definitions import Definitions
from gateway.execution.documents import Documents, Operation, Prepared
from gateway.execution.faults import Faults
from gateway.execution.introspection import introspect
from gateway.execution.levels import Run
from gateway.execution.limits import Limits, too_costly
from gateway.execution.plan import Plan, PlannedField, Shapes
from gateway.execution.planner import NotCovered, Planner
from gateway.execution.sources import open_source
from gateway.execution.spending import Overrun, Spending
from gateway.execution.variables import Variables, coerce_leaves
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text

NEEDS_STREAM = Text(
    en="A subscription needs a stream: send it to /graphql/stream, or over a WebSocket to /graphql.",
    ru="Подписке нужен поток: отправьте её на /graphql/stream или через WebSocket на /graphql.",
)


class RequestContext(Protocol):
    """What the engine needs of a request's context; for the resolvers it is opaque."""

    def restricted(self, requirements: frozenset[Enum]) -> Set[Enum]:
        """Which of these requirements the caller does not hold everywhere."""
        ...

    async def charge(self, points: int) -> None:
        """Takes the points of a request, once they are known, from what the caller may spend; raises to refuse."""
        ...

    async def settle(self, points: int) -> None:
        """Takes points for what a request found beyond that, or all there are: then it raises, and ends the request."""
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
    cost: int = field(default=0, compare=False)
    """Points of the request, as far as they are known."""
    extensions: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """What the transport tells beside the answer."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Points of a request, and what to ask for less of when they are too many."""

    cost: int
    advice: Advice | None


@dataclass(frozen=True, slots=True)
class Request:
    """An operation to execute with good variables."""

    prepared: Prepared
    operation: Operation
    inputs: Mapping[str, object]
    variables: Variables
    cost: int


@dataclass(slots=True)
class Stats:
    """Counters since the start of the process."""

    operations: int = 0
    plans: int = 0
    """Plans compiled."""
    fallbacks: int = 0
    """Operations that graphql-core executed."""
    faulty: int = 0
    """Operations whose answers needed the second pass."""


class Engine:
    """Executes operations over a Strawberry schema whose fields are declared with `gateway.execution.fields`.

    Documents and plans are kept while they are used: at most `max_documents` and `max_plans`, and each of documents of
    together at most `max_characters`.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        limits: Limits = Limits(),  # noqa: B008 -- frozen
        max_documents: int = 1_000,
        max_plans: int = 1_000,
        max_characters: int = 250_000,
    ) -> None:
        self.definitions = Definitions(schema)
        self.limits = limits
        self.stats = Stats()
        self._documents = Documents(self.definitions, limits=limits, entries=max_documents, weight=max_characters)
        self._plans: Lru[tuple[Operation, tuple[object, ...], frozenset[Enum]], Plan | NotCovered] = Lru(
            max_plans, max_characters
        )
        self._shapes = Shapes(limit=10 * max_plans)
        fallback.bind(self.definitions)

    def prepare(self, source: str) -> Prepared:
        """The parsed and validated document; work done once per source text."""
        return self._documents.prepare(source)

    def knows(self, source: str) -> bool:
        """Whether `prepare` would find the document prepared."""
        return source in self._documents

    def estimate(
        self, document: Prepared, variables: Mapping[str, object] | None, operation_name: str | None
    ) -> Estimate | list[GraphQLError]:
        """What an operation may cost, without running it; or why it cannot be run."""
        request = self._request(document, variables, operation_name)
        if isinstance(request, Result):
            return request.errors
        return Estimate(request.cost, self._advice(request) if request.cost > self.limits.cost else None)

    async def execute(
        self,
        document: str | Prepared,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: RequestContext,
    ) -> Result:
        """Runs a query or mutation; raises nothing but what the context's `charge` does."""
        request = await self._charged(document, variables, operation_name, context)
        if isinstance(request, Result):
            return request
        if request.operation.type is OperationType.SUBSCRIPTION:
            refusal = GatewayError(GatewayErrorCode.BAD_REQUEST, NEEDS_STREAM())
            return _refused(GraphQLError("", original_error=refusal))
        return await self._answer(request, context)

    async def subscribe(
        self,
        document: str | Prepared,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: RequestContext,
        renew: Callable[[], Awaitable[RequestContext]],
    ) -> AsyncIterator[Result] | Result:
        """A stream of answers, one for each event, or the refusal of the request.

        `renew` gives a fresh context for each event (loaders, session and rights checked again); when it raises, or the
        source does, the stream ends with that exception.
        """
        request = await self._charged(document, variables, operation_name, context)
        if isinstance(request, Result):
            return request
        if request.operation.type is not OperationType.SUBSCRIPTION:
            return _refused(GraphQLError("Expected a subscription."))
        restricted = context.restricted(request.operation.requirements)
        try:
            collector = self._collector(request, restricted)
            source = open_source(collector, request.variables.values, context, restricted, renew)
        except GraphQLError as error:
            return _refused(error)
        return self._events(request, source, renew)

    async def _events(
        self, request: Request, source: AsyncIterator[Any], renew: Callable[[], Awaitable[RequestContext]]
    ) -> AsyncIterator[Result]:
        async with aclosing(source):  # type: ignore[type-var]  # a source is an async generator
            async for row in source:
                context = await renew()
                await context.charge(request.cost)
                yield await self._answer(request, context, row)

    async def _charged(
        self,
        document: str | Prepared,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: RequestContext,
    ) -> Request | Result:
        """The request, paid for; one that is refused costs nothing beyond what every request costs."""
        request = self._request(document, variables, operation_name)
        if isinstance(request, Request) and request.cost > self.limits.cost:
            refused = _refused(too_costly(request.cost, self.limits.cost, self._advice(request)))
            refused.cost = request.cost
            request = refused
        elif isinstance(request, Result):
            request.cost = self.limits.request
        await context.charge(request.cost if isinstance(request, Request) else self.limits.request)
        return request

    def _advice(self, request: Request) -> Advice | None:
        left = self.limits.cost - self.limits.request
        return request.operation.cost.advice(request.variables.coerced, left)

    def _request(
        self, document: str | Prepared, inputs: Mapping[str, object] | None, operation_name: str | None
    ) -> Request | Result:
        prepared = self.prepare(document) if isinstance(document, str) else document
        if prepared.errors:
            return _refused(*prepared.errors)
        try:
            operation = prepared.operation(operation_name)
        except GraphQLError as error:
            return _refused(error)
        variables = self._variables(prepared, operation, inputs or {})
        if isinstance(variables, list):
            return _refused(*variables)
        cost = self.limits.request + operation.cost.value(variables.coerced)
        return Request(prepared, operation, inputs or {}, variables, cost)

    def _variables(
        self, prepared: Prepared, operation: Operation, inputs: Mapping[str, object]
    ) -> Variables | list[GraphQLError]:
        def compute() -> VariableValues | list[GraphQLError]:
            nodes = self._documents.syntax(prepared).operations[operation.name].variable_definitions or ()
            return get_variable_values(self.definitions.schema, nodes, dict(inputs), 50, hide_suggestions=True)

        coerced = coerce_leaves(operation.variables, inputs) if operation.variables is not None else None
        if coerced is not None:
            return Variables(coerced, compute)  # type: ignore[arg-type]  # the values are known to be good
        values = compute()
        return values if isinstance(values, list) else Variables(values.coerced, lambda: values)

    async def _answer(self, request: Request, context: RequestContext, event: object = None) -> Result:
        spending = Spending(context, request.cost, self.limits.cost)
        try:
            result = await self._run(request, context, spending, event)
        except* Overrun as overruns:
            result = Result(None, [_overrun(overruns)])
            with suppress(Overrun):
                await spending.pay()
        result.cost = spending.paid
        return result

    async def _run(self, request: Request, context: RequestContext, spending: Spending, event: object) -> Result:
        restricted = context.restricted(request.operation.requirements)
        self.stats.operations += 1
        plan = self._plan(request, restricted)
        if isinstance(plan, NotCovered):
            if request.operation.introspects:
                collector, values = self._collector(request, restricted), request.variables.values
                if (schema := introspect(collector, values)) is not None:
                    return Result(schema)
            self.stats.fallbacks += 1
            syntax, name = self._documents.syntax(request.prepared), request.operation.name
            result = await fallback.execute(
                self.definitions, syntax, name, request.inputs, context, restricted, spending, event
            )
            return Result(result.data, result.errors or [])
        run = Run(self.definitions, context, request.variables, spending, event)
        if request.operation.type is OperationType.MUTATION:

            async def fatal(planned: PlannedField, slot: Any) -> bool:
                return await self._faults(request, restricted, run).fatal(plan.type, planned.key, slot)

            made = await run.in_order(plan.root, fatal)
        else:
            (made,) = await run.objects(plan.root, [None])
        await spending.pay()
        if not run.faulty:
            return Result(made)
        self.stats.faulty += 1
        faults = self._faults(request, restricted, run)
        return Result(await faults.root(plan.type, made), faults.errors)

    def _collector(self, request: Request, restricted: Set[Enum]) -> Collector:
        syntax = self._documents.syntax(request.prepared)
        return Collector(self.definitions, syntax, request.operation.name, request.variables.values, restricted)

    def _faults(self, request: Request, restricted: Set[Enum], run: Run) -> Faults:
        return Faults(self._collector(request, restricted), request.variables.values, run.types)

    def _plan(self, request: Request, restricted: Set[Enum]) -> Plan | NotCovered:
        operation = request.operation
        flags = tuple(request.variables.coerced.get(flag) for flag in operation.flags)
        key = (operation, flags, frozenset(restricted))
        plan = self._plans.get(key)
        if plan is None:
            self.stats.plans += 1
            try:
                plan = Planner(self._collector(request, restricted), restricted, self._shapes).plan()
                compile_plan(plan)
            except (NotCovered, GraphQLError) as reason:  # graphql-core knows where a flag that is null is an error
                plan = NotCovered(str(reason))
            self._plans.put(key, plan, len(request.prepared.source))
        return plan


def _refused(*errors: GraphQLError) -> Result:
    return Result(None, list(errors), executed=False)


def _overrun(group: BaseExceptionGroup[Overrun]) -> GraphQLError:
    """What ended an operation, the first of what siblings raised."""
    first = group.exceptions[0]
    if isinstance(first, BaseExceptionGroup):
        return _overrun(first)
    return GraphQLError(str(first.refusal), original_error=first.refusal)
