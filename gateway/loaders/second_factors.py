"""The caller's own second factors."""

from gateway.loaders.own import Own
from gateway.models import metadata

_FACTORS = metadata.tables["second_factors"]
OWN_SECOND_FACTORS = Own(_FACTORS, (_FACTORS.c.confirmed_at.is_not(None),), (_FACTORS.c.id,))
"""Those that are in force, the oldest first."""
