"""The web application: everything put together for one process."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.db import Database
from gateway.demo import is_demo
from gateway.execution import Engine
from gateway.kit.texts import Language
from gateway.loaders.catalogue import CatalogueCache
from gateway.models.journal import Channel
from gateway.services.principals import Identity, Principals
from gateway.settings import Settings
from gateway.transport import ide
from gateway.transport.graphql import GraphQLEndpoint
from gateway.transport.requests import Headers
from gateway.transport.uploads import UploadEndpoint
from schema.context import Context
from schema.root import build_schema


def create_app(settings: Settings) -> Starlette:
    """The ASGI application; it connects when it starts and lets go when it stops."""
    if settings.database_url is None:
        raise ValueError("the application needs the address of a database")
    db = Database(
        str(settings.database_url),
        readers=settings.readers,
        writers=settings.writers,
        statement_timeout=settings.statement_timeout,
        connect_timeout=settings.connect_timeout,
    )
    catalogue = CatalogueCache(db)
    principals = Principals(db)

    def make_context(
        identity: Identity | None, language: Language, correlation_id: str, headers: Headers, ip: str
    ) -> Context:
        return Context(
            principal=identity.principal if identity else None,
            session_id=identity.session_id if identity else None,
            language=language,
            channel=Channel.API if identity and identity.session_id is None else Channel.PORTAL,
            correlation_id=correlation_id,
            db=db,
            catalogue=catalogue.current(),
            ip=ip,
            user_agent=headers.get("user-agent", ""),
        )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await db.open()
        try:
            await catalogue.open()
            await principals.open()
            app.router.routes.extend(ide.routes(demo=await is_demo(db)))
            yield
        finally:
            await catalogue.close()
            await db.close()

    graphql = GraphQLEndpoint(Engine(build_schema()), principals, make_context)
    uploads = UploadEndpoint(db, principals)
    return Starlette(
        routes=[
            Route("/graphql", graphql),
            Route("/uploads", uploads.store, methods=["POST"]),
            Route("/healthz", _healthy),
        ],
        lifespan=lifespan,
    )


async def _healthy(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})
