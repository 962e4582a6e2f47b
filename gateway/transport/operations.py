"""Runs what clients ask, whatever way it came: over HTTP, a WebSocket, or as an event stream."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

from graphql import GraphQLError, OperationType
from starlette.types import Receive

from gateway.execution import Engine, Prepared, Result
from gateway.kit.errors import GatewayError, GatewayErrorCode, Refusal
from gateway.kit.texts import Language, Text, negotiate
from gateway.services.principals import Identity, Principals
from gateway.services.trusted_documents import TrustedDocuments
from gateway.telemetry.metrics import EVENTS
from gateway.transport.answers import cause_of
from gateway.transport.attention import Attention
from gateway.transport.authentication import identify
from gateway.transport.observing import observe
from gateway.transport.requests import Headers, Parameters
from schema.context import INVALID_DOCUMENT, REQUEST, Context

INTROSPECTION = Text(
    en="The schema is shown to signed-in callers only. Sign in, or send an API key.",
    ru="Схема видна только после входа. Войдите или отправьте ключ API.",
)
OVER = Text(
    en="The session or API key that opened this stream has ended. Sign in again, or use another key.",
    ru="Сеанс или ключ API, открывший этот поток, больше не действует. Войдите снова или возьмите другой ключ.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, from where, and in which language they are answered. `identity` is None for a stranger."""

    headers: Headers
    ip: str
    language: Language
    identity: Identity | None

    @property
    def holder(self) -> object:
        """Who has what is counted: the principal, or the address of strangers."""
        return self.ip if self.identity is None else (self.identity.principal.kind, self.identity.principal.id)


MakeContext = Callable[[Caller, str], Context]
"""Makes the context of an operation from its caller and its correlation id."""


def hidden(errors: list[GraphQLError]) -> list[GraphQLError]:
    """What a stranger is told where the GraphQL library would tell of types and variables.

    What a scalar says of a value passes: it speaks of what was sent, and the names are those that the stranger wrote.
    """
    told = [error for error in errors if isinstance(cause_of(error), GatewayError | Refusal)]
    return told or [
        GraphQLError("", original_error=GatewayError(GatewayErrorCode.INVALID_DOCUMENT, INVALID_DOCUMENT()))
    ]


class Operations:
    """The engine, and who may ask it what."""

    def __init__(
        self,
        engine: Engine,
        principals: Principals,
        documents: TrustedDocuments,
        make_context: MakeContext,
        *,
        timeout: float = 60,
    ) -> None:
        self._engine = engine
        self._principals = principals
        self._documents = documents
        self._make_context = make_context
        self._timeout = timeout

    async def caller(self, headers: Headers, ip: str) -> Caller:
        """Who sends these headers. `GatewayError` UNAUTHENTICATED for a wrong key."""
        identity = await identify(headers, self._principals)
        asked = headers.get("accept-language")
        language = identity.language if identity is not None and asked is None else None
        return Caller(headers, ip, language or negotiate(asked or ""), identity)

    async def renewed(self, caller: Caller) -> Caller:
        """The caller with the rights held by now. `GatewayError` UNAUTHENTICATED when session or key have ended."""
        now = await self.caller(caller.headers, caller.ip)
        if caller.identity is not None and now.identity is None:
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, OVER())
        return now

    def context(self, caller: Caller, correlation_id: str) -> Context:
        """What an operation of theirs carries."""
        return self._make_context(caller, correlation_id)

    async def prepare(self, asked: Parameters, context: Context) -> Prepared:
        """The document, paid for.

        `GatewayError` UNAUTHENTICATED when a stranger asks for the schema; what `TrustedDocuments` raises.
        """
        source = self._documents.sent(asked.query, asked.document_id)
        if source is None:
            await context.charge(REQUEST)  # looking for what may not be there is not for nothing
            source = await self._documents.find(asked.document_id or "")
        prepared = await context.prepared(source)
        if context.principal is None and any(operation.introspects for operation in prepared.operations.values()):
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, INTROSPECTION())
        return prepared

    async def execute(
        self, prepared: Prepared, asked: Parameters, context: Context, receive: Receive | None = None
    ) -> Result | None:
        """The answer to a query or a mutation; None when `receive` tells that the client has gone.

        `GatewayError` RATE_LIMITED when the caller's budget is spent, TIMEOUT when it was stopped after too long.
        """
        caller, begun = context.principal, perf_counter()
        async with Attention(self._timeout, receive) as attention:
            result = await self._engine.execute(prepared, asked.variables, asked.operation_name, context)
        if attention.gone:
            return None
        observe(prepared, asked, caller, result, perf_counter() - begun)
        result.extensions = context.extensions(result.cost)
        if caller is None and not result.executed and not prepared.errors:
            result.errors = hidden(result.errors)
        return result

    async def answers(self, asked: Parameters, caller: Caller, correlation_id: str) -> AsyncGenerator[Result, None]:
        """The answer to a query or a mutation, or those of a subscription, each with the rights held by then.

        What ends it before its time is raised: `GatewayError` UNAUTHENTICATED when session or key have ended.
        """
        caller = await self.renewed(caller)
        context = self.context(caller, correlation_id)

        async def renew() -> Context:
            nonlocal context
            context = self.context(await self.renewed(caller), correlation_id)
            return context

        prepared = await self.prepare(asked, context)
        operation = prepared.find(asked.operation_name)
        if operation is None or operation.type is not OperationType.SUBSCRIPTION:
            if (answer := await self.execute(prepared, asked, context)) is not None:
                yield answer
            return
        begun = perf_counter()
        stream = await self._engine.subscribe(prepared, asked.variables, asked.operation_name, context, renew)
        opened = stream if isinstance(stream, Result) else Result(None)
        observe(prepared, asked, context.principal, opened, perf_counter() - begun)
        if isinstance(stream, Result):
            if context.principal is None and not prepared.errors:
                stream.errors = hidden(stream.errors)
            yield stream
            return
        async with aclosing(stream):  # type: ignore[type-var]  # the engine's streams are generators
            async for result in stream:
                EVENTS.add()
                result.extensions = context.extensions(result.cost)
                yield result
