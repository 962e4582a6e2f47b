"""People who were invited to a company and have not accepted that yet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, and_, case, exists, select
from sqlmodel import Field, SQLModel

from gateway.models.access import Administrator, Grant
from gateway.models.columns import moment

_TYPED, _NEVER_SHOWN = ("name", "email", "phone"), ("last_login_at", "locked_until")


class Invitation(SQLModel, table=True):
    """What an inviter typed of a person: all that the company is shown of them until they accept."""

    __tablename__ = "invitations"
    __table_args__ = (Index("invitations_administrator", "administrator_id"),)

    company_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="companies.id")
    administrator_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="administrators.id")
    name: str
    email: str | None = None
    phone: str | None = None
    inviter: str
    created_at: datetime = moment(default_now=True)


def _shown() -> Mapping[str, ColumnElement[Any]]:
    people, grants, invitations = (
        SQLModel.metadata.tables[str(each.__tablename__)] for each in (Administrator, Grant, Invitation)
    )
    of_person = invitations.c.administrator_id == people.c.id
    invited_there = exists().where(of_person, invitations.c.company_id == grants.c.company_id)
    # Whoever shares another company with them knows them: an inviter's words must not hide a colleague's name.
    colleague = exists().where(grants.c.administrator_id == people.c.id, ~invited_there.correlate(people, grants))
    hidden = and_(exists().where(of_person), ~colleague.correlate(people))
    typed = {
        name: select(invitations.c[name]).where(of_person).order_by(invitations.c.company_id).limit(1).scalar_subquery()
        for name in _TYPED
    }
    return {
        **{name: case((hidden, typed[name]), else_=people.c[name]) for name in _TYPED},
        **{name: case((~hidden, people.c[name])) for name in _NEVER_SHOWN},
    }


SHOWN = _shown()
"""Columns of administrators as others may see them: as an inviter typed them, or null, until the person accepts."""
