"""Documents that the operator trusts, and which client brought them."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from gateway.models.columns import moment


class TrustedDocument(SQLModel, table=True):
    """A GraphQL document by the SHA-256 of its text; it never changes."""

    __tablename__ = "trusted_documents"

    hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    source: str


class ClientDocument(SQLModel, table=True):
    """A version of a client asks this document."""

    __tablename__ = "client_documents"

    client: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    hash: bytes = Field(primary_key=True, sa_type=LargeBinary, foreign_key="trusted_documents.hash")
    registered_at: datetime = moment(default_now=True)
