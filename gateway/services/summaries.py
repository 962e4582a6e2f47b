"""Lines of the journal in words: a text for each action, over the names that were kept with the line."""

from collections.abc import Mapping, Sequence
from typing import Any

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language, Text, excerpt
from gateway.operations.registry import OPERATIONS
from gateway.services import api_keys, bulk_thresholds, grants, register_numbers, roles, uploads
from gateway.services.bulk_journal import BulkStep
from gateway.services.own_journal import OwnAction
from gateway.services.refused_endings import EndingStep
from gateway.services.roles import nearest

SUMMARIES: Mapping[str, Text] = {
    **{operation.kind: operation.summary for operation in OPERATIONS},
    **{each.value: each.description for each in (*OwnAction, *BulkStep, *EndingStep)},
    Action.APPROVAL_THRESHOLD_SET: bulk_thresholds.SET,
    Action.REGISTER_IMPORT: register_numbers.SUMMARY,
    Action.UPLOAD_DELETE: uploads.DELETED,
    Action.ROLE_SAVE: roles.SAVED,
    Action.GRANT_ADD: grants.GIVEN,
    Action.GRANT_REVOKE: grants.TAKEN,
    Action.ADMINISTRATOR_INVITE: grants.INVITED,
    Action.API_KEY_CREATE: api_keys.CREATED,
    Action.API_KEY_ROTATE: api_keys.ROTATED,
    Action.API_KEY_REVOKE: api_keys.REVOKED,
}

NO_ACTION = Text(
    en="“{given}” is no action of the journal; did you mean {nearest}? Actions are noun:verb.",
    ru="Действия «{given}» в журнале нет; возможно, имелось в виду {nearest}? "
    "Действия записываются как «объект:глагол».",
)

_DESCRIPTIONS: Mapping[str, Text] = {action.value: action.description for action in Action}
_KNOWN = tuple(dict.fromkeys(map(str, (*_DESCRIPTIONS, *SUMMARIES))))


def summary(action: str, details: Mapping[str, Any] | None, language: Language) -> str:
    """A line in words. One that has no text of its own, or was written by an older version, gets its action's."""
    names = (details or {}).get("names", {})
    text = SUMMARIES.get(action)
    if text is not None and names.keys() >= text.names:
        return text.render(language, **{name: _name(names[name], language) for name in text.names})
    return _DESCRIPTIONS[action].render(language) if action in _DESCRIPTIONS else action


def check_actions(actions: Sequence[str], *field: str) -> None:
    """Raises `Refusal` INVALID at `field` for one that no line has, naming the nearest one."""
    for index, action in enumerate(actions):
        if action not in _KNOWN:
            message = NO_ACTION(given=excerpt(action), nearest=nearest(action, _KNOWN))
            raise Refusal(ErrorCode.INVALID, message, (*field, str(index)))


def _name(kept: Any, language: Language) -> Any:
    """A name as it was kept; that of something built in was kept in each language."""
    return kept[language.value] if isinstance(kept, dict) else kept
