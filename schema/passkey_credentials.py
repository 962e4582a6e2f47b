"""What a browser's passkey says, as JSON."""

from collections.abc import Mapping
from typing import Any

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text

NO_CREDENTIAL = Text(
    en="Send what PublicKeyCredential.toJSON() gives: an object.",
    ru="Отправьте результат PublicKeyCredential.toJSON(): объект.",
)


def credential_of(value: object) -> Mapping[str, Any]:
    """The credential as an object. Raises `Refusal` INVALID at the credential for any other JSON."""
    if not isinstance(value, dict):
        raise Refusal(ErrorCode.INVALID, NO_CREDENTIAL(), ("credential",))
    return value
