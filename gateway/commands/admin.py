"""The commands under `gateway admin`."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.terminal import Refused, connectable, console, said
from gateway.kit.texts import Text
from gateway.models.applications import ApplicationStatus
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.commands.application_desk import Step

_BEGUN = Text(
    en="The review of application {id} is yours. Look at the papers, then: gateway admin verify-signatory {id}",
    ru="Рассмотрение заявки {id} за вами. Проверьте документы, затем: gateway admin verify-signatory {id}",
)
_VERIFIED = Text(
    en="Noted: the signatory of application {id} may sign. Next: gateway admin approve {id}",
    ru="Отмечено: подписант заявки {id} вправе подписывать. Дальше: gateway admin approve {id}",
)
_APPROVED = Text(
    en="Application {id} is approved: the applicant is the company's owner",
    ru="Заявка {id} одобрена: заявитель стал владельцем компании",
)
_REJECTED = Text(
    en="Application {id} is refused",
    ru="Заявка {id} отклонена",
)
_RESET = Text(
    en="{login} has no second factors, no password and no sessions any more, and signs in by a one-time code",
    ru="У {login} больше нет вторых факторов, пароля и сеансов; вход — по одноразовому коду",
)

admin = typer.Typer(help="What the operator's staff decides.", no_args_is_help=True)
Application = Annotated[int, typer.Argument(help="Id of the application.")]


@admin.command("applications")
def list_applications(
    status: Annotated[ApplicationStatus, typer.Option(help="In which state.")] = ApplicationStatus.SUBMITTED,
) -> None:
    """List applications for access, with what keeps each from being approved."""
    from gateway.commands import application_desk

    with connectable(Settings()) as dsn:
        asyncio.run(application_desk.show(dsn, status, console))


@admin.command("review")
def review_application(application: Application) -> None:
    """Begin the review of an application."""
    from gateway.services import applications

    _decide(lambda db, post, who: applications.take(db, who, application), said(_BEGUN, id=str(application)))


@admin.command("verify-signatory")
def verify_signatory(application: Application) -> None:
    """Note that the signatory's right to sign was checked."""
    from gateway.services import applications

    _decide(
        lambda db, post, who: applications.verify_signatory(db, who, application),
        said(_VERIFIED, id=str(application)),
    )


@admin.command("approve")
def approve_application(application: Application) -> None:
    """Open the company's cabinet: the applicant becomes its owner, and is told so by e-mail."""
    from gateway.services import applications

    _decide(
        lambda db, post, who: applications.approve(db, who, application, post=post),
        said(_APPROVED, id=str(application)),
    )


@admin.command("reject")
def reject_application(
    application: Application, reason: Annotated[str, typer.Option(help="Why; the applicant reads it.")]
) -> None:
    """Refuse an application."""
    from gateway.services import applications

    _decide(
        lambda db, post, who: applications.reject(db, who, application, reason, post=post),
        said(_REJECTED, id=str(application)),
    )


@admin.command("reset-second-factor")
def reset_second_factor(
    login: Annotated[str, typer.Argument(help="E-mail or phone number of who has lost it.")],
    papers: Annotated[str, typer.Option(help="Which papers were seen; the journal keeps it.")],
) -> None:
    """End all second factors of somebody, with password and sessions: they are told, and sign in by a one-time code."""
    from gateway.kit.sealing import Keyring
    from gateway.models.journal import Channel
    from gateway.services.second_factor_resets import reset_by_staff
    from gateway.services.visits import Visit

    _decide(
        lambda db, post, who: reset_by_staff(
            Visit(db=db, keyring=Keyring(), post=post, channel=Channel.OFFICE, correlation_id=""), who, login, papers
        ),
        said(_RESET, login=login),
    )


def _decide(step: "Step", done: str) -> None:
    """Does a step, and tells that it is done."""
    from gateway.app import post_office
    from gateway.commands import application_desk

    settings = Settings()
    with connectable(settings) as dsn:
        if complaint := asyncio.run(application_desk.decide(dsn, step, partial(post_office, settings))):
            raise Refused(complaint)
    console.print(done, markup=False)
