"""What a document would cost."""

from collections.abc import Sequence
from typing import Annotated

import strawberry
from graphql import GraphQLError

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.execution.limits import Limits, advise
from gateway.execution.wording import worded
from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.kit.texts import Message, Text
from schema.context import UNAUTHENTICATED, Context
from schema.scalars import JSON

NOT_VALID = Text(en="The document cannot be run: {reason}", ru="Документ нельзя выполнить: {reason}")
NO_VARIABLES = Text(
    en="The variables must be one JSON object with a value by name.",
    ru="Переменные должны быть одним JSON-объектом: значение по имени.",
)


@strawberry.type(description="Cost of a document.")
class CostEstimate:
    cost: int = column(
        "Points it would take; planning a bulk change takes some more for each number, see BulkChangePlanInput.target.",
        PUBLIC,
    )
    maximum: int = column("Points that one request may take.", PUBLIC)
    available: int = column("Points left now.", PUBLIC)
    advice: str | None = column("The dearest field and a page size that would fit.", PUBLIC)


async def estimate_cost(
    rows: Sequence[None],
    info: Info[Context],
    *,
    document: Annotated[
        str, strawberry.argument(description=f"A GraphQL document of at most {Limits().characters:,} characters.")
    ],
    operation_name: Annotated[
        str | None, strawberry.argument(description="Which of its operations, when there are several.")
    ] = None,
    variables: Annotated[
        JSON | None, strawberry.argument(description="The values of its variables, by name; they size its pages.")
    ] = None,
) -> Sequence[Row]:
    """The estimate; `Refusal` INVALID tells why a document can't be run, which is nothing for strangers.

    Raises `GatewayError` DOCUMENT_NOT_TRUSTED for what would not be run here.
    """
    context = info.context
    if context.principal is None:
        raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, UNAUTHENTICATED())
    if variables is not None and not isinstance(variables, dict):
        raise Refusal(ErrorCode.INVALID, NO_VARIABLES(), ("variables",))
    if context.documents is not None:
        await context.documents.require(document)
    found = context.engine.estimate(await context.prepared(document), variables, operation_name)
    if isinstance(found, list):
        raise Refusal(ErrorCode.INVALID, NOT_VALID(reason=_reason(found[0])), ("document",))
    maximum = context.engine.limits.cost
    return [
        {
            "cost": found.cost,
            "maximum": maximum,
            "available": context.budget.available if context.budget else maximum,
            "advice": advise(found.advice).render(context.language) if found.cost > maximum else None,
        }
    ]


def _reason(error: GraphQLError) -> Message:
    cause = error.original_error
    return cause.message if isinstance(cause, GatewayError) else worded(error.message)


@strawberry.type
class CostQuery:
    estimate_cost: CostEstimate = batched(estimate_cost, "What a document would cost, without running it.", PUBLIC)
