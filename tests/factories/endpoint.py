"""The endpoint over the register, without a server: as one caller sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from authz.principal import Principal
from gateway.execution import Engine, Limits
from gateway.services.budgets import Budgets
from gateway.services.principals import Identity
from gateway.services.trusted_documents import TrustedDocuments
from gateway.transport.graphql import GraphQLEndpoint
from gateway.transport.operations import Caller, Operations
from schema.context import REQUEST, Context
from schema.root import build_schema
from tests.factories.register import Register


@asynccontextmanager
async def endpoint(
    register: Register, principal: Principal | None, budgets: Budgets | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of /graphql; `principal` is None for a stranger. Without budgets nothing is counted."""
    engine = Engine(build_schema(), limits=Limits(request=REQUEST))

    class People:
        async def by_key(self, secret: str) -> Identity | None:
            return Identity(principal, None, None, None) if principal else None

    def context(caller: Caller, correlation_id: str) -> Context:
        budget = budgets.of(principal, caller.ip) if budgets else None
        return replace(
            register.context(principal, language=caller.language),
            engine=engine,
            budget=budget,
            correlation_id=correlation_id,
        )

    people: Any = People()
    app: Any = GraphQLEndpoint(Operations(engine, people, TrustedDocuments(register.db), context))
    headers = {"content-type": "application/json"} | ({"authorization": "Bearer key"} if principal else {})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://gateway.example", headers=headers
    ) as client:
        yield client
