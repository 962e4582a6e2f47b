"""Applications for access, as strangers send and follow them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.models.applications import ApplicationStatus
from gateway.services import applications
from gateway.services.applications import Asked
from schema.context import Context
from schema.scalars import Inn, PhoneNumber
from schema.user_errors import UserError, payload


@strawberry.input(description="What a company says to get its cabinet.")
class AccessApplicationInput:
    inn: Inn = strawberry.field(description="Taxpayer number of the company.")
    office: str = strawberry.field(description="The operator's office that serves it. At most 200 characters.")
    email: str = strawberry.field(description="E-mail of the future owner: what they will sign in with.")
    phone: PhoneNumber = strawberry.field(description="Phone number to ask back.")
    signatory: str = strawberry.field(description="Who signs for the company: full name. At most 200 characters.")


@strawberry.type(description="An application for access, as the applicant follows it.")
class AccessApplication:
    status: ApplicationStatus = column("State.", PUBLIC)
    submitted_at: datetime = column("Sent.", PUBLIC, name="created_at")
    decided_at: datetime | None = column("Decided.", PUBLIC)
    reason: str | None = column("Why it was refused.", PUBLIC)


@strawberry.type(description="Answer.")
class AccessApplicationSubmitPayload:
    reference: str | None = column("What the application is followed with; shown only this once.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _submit(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[AccessApplicationInput, strawberry.argument(description="The company and who asks for it.")],
) -> Sequence[Row]:
    context = info.context
    asked = Asked(input.inn, input.office, input.email, input.phone, input.signatory, context.language)
    return await payload(info, "reference", applications.submit(context.visit, asked))


async def _follow(
    rows: Sequence[None],
    info: Info[Context],
    *,
    reference: Annotated[str, strawberry.argument(description="From the answer to accessApplicationSubmit.")],
) -> Sequence[Row | None]:
    return [await applications.follow(info.context.db, reference)]


@strawberry.type
class ApplicationQuery:
    access_application: AccessApplication | None = batched(_follow, "An application for access.", PUBLIC)


@strawberry.type
class ApplicationMutation:
    access_application_submit: AccessApplicationSubmitPayload = batched(
        _submit,
        "Ask for the cabinet of a company. The answer is the same whether the company is a customer or not.",
        PUBLIC,
    )
