"""The gateway as a subgraph: its schema for composition, and objects by representation for a router."""

import reprlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, OfType, Row, batched, column
from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.kit.ids import Kind, decode
from gateway.kit.texts import Text, excerpt
from schema.access import Administrator, ApiKey, Grant, Role, Session
from schema.bulk_changes import BulkChange
from schema.companies import Company
from schema.context import UNAUTHENTICATED, Context
from schema.departments import Department
from schema.employees import Employee
from schema.journal import JournalEntry
from schema.node import LOADS, read_nodes
from schema.number_changes import NumberChange
from schema.numbers import Number
from schema.options import Option
from schema.scalars import Representation
from schema.second_factors import SecondFactor
from schema.tariffs import Tariff
from schema.uploads import Upload

MOST_REPRESENTATIONS = 1_000
_SDL = 1_000
"""Points of the schema, one for each 100 bytes as of a file."""
SNAPSHOT = Path(__file__).with_name("schema.graphql")

NO_REPRESENTATION = Text(
    en="“{given}” represents no object. Send “__typename”, a type with a global id, and “id”.",
    ru="«{given}» не представляет объекта. Передайте «__typename» — тип с глобальным идентификатором — и «id».",
)
TOO_MANY_REPRESENTATIONS = Text(
    en="{given:,} representations are too many for one field; ask for at most {most:,}.",
    ru="{given:,} {given:представление|представления|представлений} — слишком много для одного поля; "
    "запрашивайте не больше {most:,}.",
)

Entity = Annotated[
    Company
    | Department
    | Employee
    | Number
    | NumberChange
    | BulkChange
    | Tariff
    | Option
    | JournalEntry
    | Administrator
    | ApiKey
    | Grant
    | Role
    | SecondFactor
    | Session
    | Upload,
    strawberry.union("_Entity", description="What other subgraphs may refer to by its global id."),
]

_HEAD = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable", "@composeDirective"])
  @link(url: "https://telecom-gateway.example/access/v1.0", import: ["@requires", "@public"])
  @composeDirective(name: "@requires")
  @composeDirective(name: "@public")
"""


@strawberry.type(name="_Service", description="The gateway as a subgraph.")
class Service:
    sdl: str = column("The schema for composition.", PUBLIC, cost=_SDL)


@cache
def subgraph() -> str:
    """The schema as a subgraph declares it: objects with a global id are entities, and the rules of access survive."""
    entities = (f'extend type {kind.value} @key(fields: "id")' for kind in sorted(LOADS))
    sdl = SNAPSHOT.read_text("utf-8").replace("type PageInfo {", "type PageInfo @shareable {")
    return "\n".join((_HEAD, *entities, "", sdl))


async def describe(rows: Sequence[None], info: Info[Context]) -> Sequence[Row]:
    """The schema, as by introspection for no stranger: a router has an API key."""
    if info.context.principal is None:
        raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, UNAUTHENTICATED())
    return [{"sdl": subgraph()}]


async def find_entities(
    rows: Sequence[None],
    info: Info[Context],
    *,
    representations: Annotated[
        list[Representation],
        strawberry.argument(description="At most 1,000 objects, each with its “__typename” and “id”."),
    ],
) -> Sequence[list[OfType | None]]:
    """The objects that `node` would give for their ids, in that order."""
    if len(representations) > MOST_REPRESENTATIONS:
        raise Refusal(
            ErrorCode.TOO_LARGE,
            TOO_MANY_REPRESENTATIONS(given=len(representations), most=MOST_REPRESENTATIONS),
            ("representations",),
        )
    return [await read_nodes([_key(each) for each in representations], info)]


def _key(representation: Representation) -> tuple[Kind, int]:
    match representation:
        case {"__typename": str(name), "id": str(id)} if kind := next((each for each in LOADS if each == name), None):
            return kind, decode(id, kind, ("representations",))
    raise Refusal(
        ErrorCode.INVALID,
        NO_REPRESENTATION(
            given=excerpt(representation if isinstance(representation, str) else reprlib.repr(representation))
        ),
        ("representations",),
    )


@strawberry.type
class FederationQuery:
    service: Service = batched(
        describe, "The gateway as a subgraph, for whoever is signed in.", PUBLIC, name="_service"
    )
    entities: list[Entity | None] = batched(
        find_entities,
        "Objects for a router, as the caller may see them: an object that node would not give is null.",
        PUBLIC,
        name="_entities",
        size="representations",
    )
