"""Pages of the schema: one shape for all connections and edges, over the rows of `gateway.loaders.pages`."""

from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import strawberry

from gateway.execution import PUBLIC, Row, column, computed

COUNT = 1_000
"""Points of a count: it looks at all rows that a page only begins."""

Node = TypeVar("Node")
Edge = TypeVar("Edge")

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description="Rows from the beginning, or after `after`: 1 to 1,000, with an API key to 10,000; 50 by default."
    ),
]
After: TypeAlias = Annotated[str | None, strawberry.argument(description="Cursor of the row before the page.")]
Last: TypeAlias = Annotated[
    int | None, strawberry.argument(description="Rows from the end, or before `before`; paging backwards.")
]
Before: TypeAlias = Annotated[str | None, strawberry.argument(description="Cursor of the row behind the page.")]


def _end(index: int) -> Any:
    def cursor(page: Row) -> str | None:
        rows = page["nodes"]
        return page["keyset"].cursor(rows[index]) if rows else None

    return cursor


@strawberry.type(description="Where a page begins and ends.")
class PageInfo:
    """Its row is the page's own."""

    has_next_page: bool = computed(lambda page: page["slice"].has_next_page, "Another page follows.", PUBLIC)
    has_previous_page: bool = computed(lambda page: page["slice"].has_previous_page, "A page precedes.", PUBLIC)
    start_cursor: str | None = computed(_end(0), "Cursor of the first row.", PUBLIC)
    end_cursor: str | None = computed(_end(-1), "Cursor of the last row.", PUBLIC)


@strawberry.type(description="A row with its cursor.")
class EdgeOf(Generic[Node]):
    """What all edges are made of."""

    node: Node = column("The row.", PUBLIC)
    cursor: str = computed(lambda edge: edge["keyset"].cursor(edge["node"]), "Its cursor.", PUBLIC)


@strawberry.type(description="A page.")
class ConnectionOf(Generic[Node, Edge]):
    """What all connections are made of."""

    nodes: list[Node] = column("Rows.", PUBLIC)
    edges: list[Edge] = computed(
        lambda page: [{"node": row, "keyset": page["keyset"]} for row in page["nodes"]], "Rows with cursors.", PUBLIC
    )
    page_info: PageInfo = computed(lambda page: page, "Where the page is.", PUBLIC)
    total_count: int = column("How many in all; counted only when asked for.", PUBLIC, cost=COUNT)
