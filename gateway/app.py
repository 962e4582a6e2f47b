"""The web application: everything put together for one process."""

import contextlib
import sys
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.db import Database
from gateway.demo import is_demo
from gateway.execution import Engine, Limits
from gateway.kit.garbage import spare_collector
from gateway.kit.sealing import Keyring
from gateway.loaders.catalogue import CatalogueCache
from gateway.models.journal import Channel
from gateway.ports.mail import ConsoleMail, Mail, SmtpMail
from gateway.ports.sms import ConsoleSms, HttpSms, Sms
from gateway.secret_key import secret_key
from gateway.services.budgets import Budgets, Rate
from gateway.services.post import Post
from gateway.services.principals import Principals
from gateway.services.relay import Relay
from gateway.services.trusted_documents import TrustedDocuments
from gateway.services.updates import Updates
from gateway.settings import Settings
from gateway.telemetry.logs import configure_logs
from gateway.telemetry.process import observing
from gateway.transport import ide
from gateway.transport.authentication import device_token, own_site
from gateway.transport.connections import Connections
from gateway.transport.downloads import DownloadEndpoint
from gateway.transport.draining import Draining
from gateway.transport.graphql import GraphQLEndpoint
from gateway.transport.health import HealthEndpoints
from gateway.transport.operations import Caller, Operations
from gateway.transport.sse import EventStreamEndpoint
from gateway.transport.uploads import UploadEndpoint
from gateway.transport.websocket import WebSocketEndpoint
from gateway.upstream import operator_system
from schema.bulk_changes import RESULT_ADDRESS
from schema.context import REQUEST, Context
from schema.root import build_schema


def create_app(settings: Settings) -> ASGIApp:
    """The ASGI application; it connects when it starts and lets go when it stops."""
    if settings.database_url is None:
        raise ValueError("the application needs the address of a database")
    configure_logs(settings.log_level)
    db = Database(
        str(settings.database_url),
        readers=settings.readers,
        writers=settings.writers,
        statement_timeout=settings.statement_timeout,
        connect_timeout=settings.connect_timeout,
    )
    catalogue = CatalogueCache(db)
    principals = Principals(db)
    updates, relay = Updates(db), Relay(db)
    keyring = Keyring(secret_key(settings))
    engine = Engine(build_schema(), limits=Limits(cost=settings.points_per_request, request=REQUEST))
    budgets = Budgets(
        db,
        callers=Rate(settings.points_burst, settings.points_per_second),
        strangers=Rate(settings.stranger_points_burst, settings.stranger_points_per_second),
    )

    def make_context(caller: Caller, correlation_id: str) -> Context:
        identity, headers = caller.identity, caller.headers
        return Context(
            principal=identity.principal if identity else None,
            session_id=identity.session_id if identity else None,
            language=caller.language,
            channel=Channel.API if identity and identity.session_id is None else Channel.PORTAL,
            correlation_id=correlation_id,
            db=db,
            catalogue=catalogue.current(),
            updates=updates,
            engine=engine,
            documents=documents,
            budget=budgets.of(identity.principal if identity else None, caller.ip),
            ip=caller.ip,
            user_agent=headers.get("user-agent", ""),
            keyring=keyring,
            post=app.state.post,
            bss=app.state.bss,
            device=device_token(headers),
            site=own_site(headers),
        )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await db.open()
        try:
            await catalogue.open()
            await principals.open()
            await updates.open()
            await relay.open()
            demo = await is_demo(db)
            if not settings.only_trusted_documents:
                app.router.routes.extend(ide.routes(demo=demo))
            app.state.post = post_office(settings, demo=demo)
            app.state.bss = operator_system(settings)
            spare_collector()
            async with observing("gateway", db.pools, settings.otlp_url):
                with draining.before_signals():
                    yield
            await app.state.post.close()
            if app.state.bss is not None:
                await app.state.bss.close()
        finally:
            await catalogue.close()
            await db.close()

    documents = TrustedDocuments(db, only=settings.only_trusted_documents)
    operations = Operations(engine, principals, documents, make_context, timeout=settings.request_timeout)
    connections = Connections(operations, updates)
    draining = Draining(settings.drain_time, connections.end)
    endpoints: dict[tuple[str, str | None], ASGIApp] = {
        ("http", "/graphql"): GraphQLEndpoint(operations),
        ("websocket", "/graphql"): WebSocketEndpoint(operations, connections),
        ("http", "/graphql/stream"): EventStreamEndpoint(operations, connections, relay),
    }
    app = Starlette(
        routes=[
            Route("/uploads", UploadEndpoint(db, operations), methods=["POST"]),
            Route(RESULT_ADDRESS, DownloadEndpoint(db, operations, connections), methods=["GET"]),
            *HealthEndpoints(db, settings, lambda: draining.begun).routes,
        ],
        lifespan=lifespan,
    )

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        """Nearly all requests go to one place; routing and middleware on the way cost as much as a small query."""
        if draining.begun:
            send = draining.closing(send)
        endpoint = endpoints.get((scope["type"], scope.get("path")), app)
        await endpoint(scope, receive, send)

    return application


def post_office(settings: Settings, *, demo: bool) -> Post:
    """How messages leave: as the operator has set; in a demo, where nothing is set, onto the console."""
    mail: Mail | None = SmtpMail(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
    token = settings.sms_token.get_secret_value() if settings.sms_token else None
    sms: Sms | None = HttpSms(settings.sms_url, token) if settings.sms_url else None
    if demo:
        mail, sms = mail or ConsoleMail(sys.stdout), sms or ConsoleSms(sys.stdout)
    return Post(mail, sms)
