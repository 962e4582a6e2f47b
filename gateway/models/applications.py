"""Applications for access: a company asks the operator for its cabinet."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Identity, Index, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.models.columns import moment, one_of


class ApplicationStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class AccessApplication(SQLModel, table=True):
    """What somebody said of a company; whether there is such a customer, the operator's staff finds out.

    It belongs to no company until it is approved. Only the SHA-256 of the applicant's reference is kept.
    """

    __tablename__ = "access_applications"
    __table_args__ = (one_of(ApplicationStatus, "status"), Index("access_applications_inn", "inn"))

    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))
    reference_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    inn: str
    office: str
    email: str
    phone: str
    signatory: str
    language: str
    status: str
    created_at: datetime = moment()
    reviewer: str | None = None
    signatory_verified_at: datetime | None = moment(nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    reason: str | None = None
