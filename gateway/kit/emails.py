"""E-mail addresses as people write them."""

import re

from gateway.kit.errors import InvalidValue
from gateway.kit.texts import Text, excerpt

NO_EMAIL = Text(
    en="“{given}” is not an e-mail address. It looks like name@company.ru.",
    ru="«{given}» — не адрес e-mail. Он выглядит так: name@company.ru.",
)

_FORM = re.compile(r"[^@\s\x00-\x1f]{1,64}@(?:[^@\s.\x00-\x1f]{1,63}\.)+[^@\s.\x00-\x1f]{2,63}")


def parse_email(text: str) -> str:
    """An address in lower case, without blanks around it. Raises `InvalidValue`."""
    address = text.strip().lower()
    if len(address) > 254 or not _FORM.fullmatch(address):
        raise InvalidValue(NO_EMAIL(given=excerpt(text)))
    return address
