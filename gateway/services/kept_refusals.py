"""Refusals kept in rows, in every language, to be shown later in that of whoever reads them."""

from typing import Any

from gateway.kit.errors import Refusal
from gateway.operations import wording


def keep(refusal: Refusal) -> dict[str, Any]:
    """A refusal as a JSON value: its message and hint by the tag of each language."""
    return {
        "code": refusal.code.value,
        "field": list(refusal.field),
        "message": wording.in_both_languages(refusal.message),
        "hint": refusal.hint and wording.in_both_languages(refusal.hint),
    }
