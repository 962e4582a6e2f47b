"""Why an action is allowed or refused."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.ids import Kind, decode_any
from gateway.services import explanations
from gateway.services.roles import parse_action
from schema.access import Grant
from schema.context import Context
from schema.inputs import given, number


@strawberry.input(description="A question about rights.")
class ExplainAccessInput:
    action: str = strawberry.field(description="Action, noun:verb.")
    administrator_id: strawberry.ID | None = strawberry.field(
        description="Administrator; null for oneself.", default=strawberry.UNSET
    )
    object_id: strawberry.ID | None = strawberry.field(
        description="Object; null for the company as a whole.", default=strawberry.UNSET
    )
    company_id: strawberry.ID | None = strawberry.field(
        description="Company; needed without an object.", default=strawberry.UNSET
    )


@strawberry.type(description="The answer.")
class AccessExplanation:
    allowed: bool = column("Allowed.", PUBLIC)
    reason: str = column("The deciding rule, in words.", PUBLIC)
    grant: Grant | None = column("The grant that decided, if any.", PUBLIC)
    missing: list[str] = column("What would have to be held.", PUBLIC)


async def _explain(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[ExplainAccessInput, strawberry.argument(description="Who, what, and with which object.")],
) -> Sequence[Row]:
    context = info.context
    object_id = given(input.object_id)
    explanation = await explanations.explain(
        context.db,
        context.caller,
        parse_action(input.action, "action"),
        administrator_id=number(input.administrator_id, Kind.ADMINISTRATOR, "administratorId"),
        subject=None if object_id is None else decode_any(object_id, ("objectId",)),
        company_id=number(input.company_id, Kind.COMPANY, "companyId"),
    )
    return [
        {
            "allowed": explanation.allowed,
            "reason": explanation.reason.render(context.language),
            "grant": explanation.grant,
            "missing": [action.value for action in explanation.missing],
        }
    ]


@strawberry.type
class ExplanationQuery:
    explain_access: AccessExplanation = batched(
        _explain, "Why an action on an object is allowed or refused: the deciding rule.", PUBLIC
    )
