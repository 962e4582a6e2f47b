"""The gateway's own secret: digests that nobody else can make, and texts that nobody else can read."""

import hmac
import secrets
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet


class Keyring:
    """Keys for each purpose, derived of one secret of 32 bytes or more. All processes of a gateway share it."""

    def __init__(self, secret: bytes | None = None) -> None:
        """Without a secret it takes one of its own, so that what it sealed is lost with the process."""
        self._secret = secret or secrets.token_bytes(32)
        self._fernet = Fernet(urlsafe_b64encode(self.digest("seal")))

    def digest(self, purpose: str, *parts: str | bytes) -> bytes:
        """HMAC-SHA256 over the parts: for what is too short to be hashed alone, such as codes. 32 bytes."""
        mac = hmac.new(self._secret, digestmod="sha256")
        for part in (purpose, *parts):
            encoded = part.encode() if isinstance(part, str) else part
            mac.update(len(encoded).to_bytes(8, "big") + encoded)
        return mac.digest()

    def seal(self, text: bytes) -> bytes:
        """The encrypted and authenticated text."""
        return self._fernet.encrypt(text)

    def unseal(self, sealed: bytes) -> bytes:
        """The text; cryptography.fernet.InvalidToken when it was sealed with another secret, or altered."""
        return self._fernet.decrypt(sealed)
