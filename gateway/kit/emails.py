"""E-mail addresses as people write them."""

import re

from gateway.kit.errors import InvalidValue
from gateway.kit.texts import Text, excerpt

NO_EMAIL = Text(
    en="“{given}” is not an e-mail address. It looks like name@company.ru.",
    ru="«{given}» — не адрес e-mail. Он выглядит так: name@company.ru.",
)

LONGEST = 254
"""Characters of an address, 64 of them before the @ (RFC 5321)."""

_ATOM, _LABEL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# No quoted names: what they may hold, such as a comma, other programs take for several addresses.
_FORM = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[a-z]){_LABEL}(?<=[^.]{{2}})")


def parse_email(text: str) -> str:
    """An address in lower case, without blanks around it; of other alphabets a domain as it is registered, xn--….

    Raises `InvalidValue`.
    """
    address = text.strip().lower()
    if len(address) > LONGEST or not _FORM.fullmatch(address):
        raise InvalidValue(NO_EMAIL(given=excerpt(text)))
    return address
