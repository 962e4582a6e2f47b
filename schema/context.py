"""What a request carries from the transport to the resolvers, and whether its caller may read a field."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum

from authz.actions import Action
from authz.principal import Principal
from authz.scope import Scope, scope
from gateway.db import Database
from gateway.execution import Engine, Prepared, Row
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.paging import MAXIMUM_SIZE, Page
from gateway.kit.sealing import Keyring
from gateway.kit.texts import Language, Text
from gateway.loaders.reading import Read
from gateway.models.journal import Channel
from gateway.operations.catalogue import Catalogue
from gateway.ports.bss import Bss
from gateway.services.budgets import Budget
from gateway.services.journal import Origin
from gateway.services.post import Post
from gateway.services.sessions import SignedIn
from gateway.services.trusted_documents import TrustedDocuments
from gateway.services.updates import Updates
from gateway.services.visits import Visit

LARGEST_EXPORT = 10_000
"""Rows of a page for an API key."""
REQUEST = 100
"""Points of any request, beside those of its operation."""
CHARACTER = 30
"""Points of a character of a document that was never seen before: parsing and planning it takes so much longer."""

UNAUTHENTICATED = Text(
    en="Nobody is signed in. Sign in, or send an API key as “Authorization: Bearer …”.",
    ru="Вход не выполнен. Войдите или отправьте ключ API: «Authorization: Bearer …».",
)
INVALID_DOCUMENT = Text(
    en="The document or its variables are not valid. Why, is told to who is signed in: sign in, or send an API key.",
    ru="Документ или его переменные содержат ошибку. Подробности видны после входа: войдите или отправьте ключ API.",
)
FORBIDDEN = Text(
    en="The roles held here do not allow {action}: {description} An owner of the company can grant it.",
    ru="Имеющиеся здесь роли не разрешают {action}: {description} Право может выдать владелец компании.",
)


@dataclass(slots=True, kw_only=True)
class Context:
    """Made by the transport for each request. `principal` is None for a stranger, `session_id` for an API key."""

    principal: Principal | None
    language: Language
    channel: Channel
    correlation_id: str
    db: Database
    catalogue: Catalogue
    updates: Updates
    engine: Engine
    budget: Budget | None = None
    """What the caller may spend; without one nothing is counted."""
    documents: TrustedDocuments | None = None
    """Which documents are run; without it any."""
    session_id: int | None = None
    keyring: Keyring = field(default_factory=Keyring)
    post: Post = field(default_factory=Post)
    bss: Bss | None = None
    """The operator's system, where there is one behind the gateway."""
    ip: str = ""
    user_agent: str = ""
    device: str | None = None
    """The cookie by which the browser is known again."""
    site: str | None = None
    """The origin of the page that asks, when it is the gateway's own."""
    opened: SignedIn | None = None
    """The session that the operation opened: the browser is to keep its token."""
    closed: bool = False
    """The operation ended its session: the browser is to forget it."""
    read: Read = field(init=False)
    parsing: int = field(default=0, init=False)
    """Points that new documents took."""

    def __post_init__(self) -> None:
        self.forget()

    @property
    def caller(self) -> Principal:
        """Who asks. Raises `GatewayError` UNAUTHENTICATED for a stranger."""
        if self.principal is None:
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, UNAUTHENTICATED())
        return self.principal

    @property
    def visit(self) -> Visit:
        """What the log-in services are given."""
        return Visit(
            db=self.db,
            keyring=self.keyring,
            post=self.post,
            channel=self.channel,
            correlation_id=self.correlation_id,
            device=self.device,
            ip=self.ip,
            user_agent=self.user_agent,
            site=self.site,
        )

    @property
    def author(self) -> Origin:
        """The caller as journals name them. Raises `GatewayError` UNAUTHENTICATED for a stranger."""
        return Origin.of(self.caller, self.channel, self.correlation_id)

    def sign_in(self, opened: SignedIn) -> None:
        """The rest of the operation belongs to the new session."""
        self.principal, self.session_id = opened.identity.principal, opened.identity.session_id
        self.opened, self.closed = opened, False
        self.forget()

    def sign_out(self) -> None:
        """The rest of the operation is a stranger's."""
        self.principal = self.session_id = self.opened = None
        self.closed = True
        self.forget()

    def forget(self) -> None:
        """Drops what was read. To be called after a change, before anything is read for its answer."""
        self.read = Read(self.principal, self.db, self.catalogue)

    async def prepared(self, document: str) -> Prepared:
        """The document, ready to run; a new one is paid for first.

        Raises `GatewayError` RATE_LIMITED, and INVALID_DOCUMENT for a stranger, who is not to learn of the schema.
        """
        if self.budget is not None and not self.engine.knows(document):
            await self.budget.spend(CHARACTER * len(document))
            self.parsing += CHARACTER * len(document)
        prepared = self.engine.prepare(document)
        if prepared.telling and self.principal is None:
            raise GatewayError(GatewayErrorCode.INVALID_DOCUMENT, INVALID_DOCUMENT())
        return prepared

    async def charge(self, points: int) -> None:
        """Takes points from the caller's budget. Raises `GatewayError` RATE_LIMITED."""
        if self.budget is not None:
            await self.budget.spend(points)

    async def settle(self, points: int) -> None:
        """Takes points for what is done already, or all there are: then it raises `GatewayError` RATE_LIMITED."""
        if self.budget is not None:
            await self.budget.settle(points)

    def extensions(self, cost: int) -> Mapping[str, object]:
        """What an answer tells of its cost: the points it took, the most one may take, what is left and flows back.

        `cost` are the points of the operation, to which those of a new document are added.
        """
        if self.budget is None:
            return {}
        return {
            "cost": {
                "requested": self.parsing + cost,
                "maximum": self.engine.limits.cost,
                "available": self.budget.available,
                "perSecond": self.budget.rate.per_second,
            }
        }

    def page(self, first: int | None, after: str | None, last: int | None = None, before: str | None = None) -> Page:
        """The page that a field's arguments mean; keys of integrations get larger ones. Raises `Refusal`."""
        exporting = self.principal is not None and self.principal.kind == "api_key"
        return Page.of(first, after, last, before, maximum=LARGEST_EXPORT if exporting else MAXIMUM_SIZE)

    def restricted(self, requirements: frozenset[Enum]) -> Set[Enum]:
        """Which of these actions the caller does not hold everywhere."""
        if self.principal is None:
            return requirements
        holds = self.principal.holds_everywhere
        return {each for each in requirements if not (isinstance(each, Action) and holds(each))}

    def permit(self, requirement: Enum, rows: Sequence[Row], place: tuple[str, ...]) -> Sequence[Exception | None]:
        """For each row None, or why the caller may not read a field of it.

        `place` names the columns of the row's company and department. A row of the company as a whole has no department
        column: it suffices to hold the action anywhere in the company. A row without a place stands in no company.
        """
        if self.principal is None:
            return [GatewayError(GatewayErrorCode.UNAUTHENTICATED, UNAUTHENTICATED())] * len(rows)
        if not isinstance(requirement, Action):
            raise TypeError(f"{requirement!r} is no action")
        held = scope(self.principal, requirement)
        refusal = forbidden(requirement)
        return [None if _covers(held, row, place) else refusal for row in rows]


def forbidden(action: Action) -> GatewayError:
    """The error that names the action that is missing."""
    return GatewayError(
        GatewayErrorCode.FORBIDDEN,
        FORBIDDEN(action=action.value, description=action.description),
        extensions={"action": action.value},
    )


def _covers(held: Scope, row: Row, place: tuple[str, ...]) -> bool:
    match place:
        case ():
            return bool(held.companies or held.departments)
        case (company,):
            return held.anywhere.covers(row[company])
        case (company, department):
            return held.covers(row[company], row[department])
    raise TypeError(f"a place is a company and a department, not {place}")
