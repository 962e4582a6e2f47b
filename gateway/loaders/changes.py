"""Changes of single numbers."""

from authz.actions import Action
from gateway.loaders.sources import Source, columns_of, department_of_number
from gateway.models import metadata

_TABLE = metadata.tables["number_changes"]
CHANGES = Source(
    Action.NUMBER_READ,
    columns_of(_TABLE),
    company=_TABLE.c.company_id,
    department=department_of_number(_TABLE),
)
"""A change is seen by whoever sees its number."""
