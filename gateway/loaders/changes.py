"""Changes of single numbers."""

from sqlalchemy import select

from authz.actions import Action
from gateway.loaders.sources import Source, columns_of
from gateway.models import metadata

_TABLE, _NUMBERS = metadata.tables["number_changes"], metadata.tables["numbers"]
CHANGES = Source(
    Action.NUMBER_READ,
    columns_of(_TABLE),
    company=_TABLE.c.company_id,
    department=select(_NUMBERS.c.department_id)
    .where(_NUMBERS.c.company_id == _TABLE.c.company_id, _NUMBERS.c.id == _TABLE.c.number_id)
    .scalar_subquery(),
)
"""A change is seen by whoever sees its number."""
