"""Tables by noun; importing the room registers all of them in `metadata`."""

from sqlmodel import SQLModel

from gateway.models import (
    access,
    applications,
    budgets,
    bulk_changes,
    catalogue,
    changes,
    companies,
    credentials,
    departments,
    employees,
    invitations,
    journal,
    numbers,
    orders,
    trusted_documents,
    uploads,
)

metadata = SQLModel.metadata

__all__ = [
    "access",
    "applications",
    "budgets",
    "bulk_changes",
    "catalogue",
    "changes",
    "companies",
    "credentials",
    "departments",
    "employees",
    "invitations",
    "journal",
    "metadata",
    "numbers",
    "orders",
    "trusted_documents",
    "uploads",
]
