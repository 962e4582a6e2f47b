"""Password hashes of the old corporate portal: bcrypt, and SHA-1 with a salt as LDAP and web frameworks write it."""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode

import bcrypt

HIGHEST_COST = 12
"""Of bcrypt; a check of a higher one would outlast the time of a refusal, and tell who comes from the old portal."""

_BCRYPT = re.compile(r"\$2[abxy]?\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_BCRYPT_BYTES = 72  # the old portal cut longer passwords off, as bcrypt itself did
_LDAP = re.compile(r"\{SSHA\}([A-Za-z0-9+/]+={0,2})")
_WEB = re.compile(r"sha1\$([^$]*)\$([0-9a-fA-F]{40})")
_SHA1_BYTES = 20


def is_legacy(password_hash: str) -> bool:
    """Whether it is of the old portal: $2b$12$… of no higher cost, {SSHA}base64(digest + salt), sha1$salt$hex."""
    return _bcrypt(password_hash) or _WEB.fullmatch(password_hash) is not None or _ldap(password_hash) is not None


def verify_legacy(password_hash: str, password: str) -> bool:
    """Whether it is the password of a legacy hash."""
    if _bcrypt(password_hash):
        return _verify_bcrypt(password_hash, password)
    if (ldap := _ldap(password_hash)) is not None:
        digest, salt = ldap[:_SHA1_BYTES], ldap[_SHA1_BYTES:]
        return hmac.compare_digest(_sha1(password.encode() + salt), digest)
    if (web := _WEB.fullmatch(password_hash)) is not None:
        return hmac.compare_digest(_sha1(web[1].encode() + password.encode()), bytes.fromhex(web[2]))
    return False


def _bcrypt(password_hash: str) -> bool:
    form = _BCRYPT.fullmatch(password_hash)
    return form is not None and int(form[1]) <= HIGHEST_COST


def _verify_bcrypt(password_hash: str, password: str) -> bool:
    encoded = password.encode()[:_BCRYPT_BYTES]
    try:
        return bcrypt.checkpw(encoded, password_hash.encode())
    except ValueError:  # cannot be a password of bcrypt: it has a zero byte
        return False


def _ldap(password_hash: str) -> bytes | None:
    """Digest and salt; None when it is of another form."""
    form = _LDAP.fullmatch(password_hash)
    if form is None:
        return None
    try:
        decoded = b64decode(form[1], validate=True)
    except binascii.Error:
        return None
    return decoded if len(decoded) > _SHA1_BYTES else None


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
