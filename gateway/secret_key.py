"""The gateway's secret: given by the operator, or made at the first start and kept in the data folder."""

import contextlib
import os
import secrets
import tempfile

from gateway.settings import Settings

_FILE = "secret.key"


def secret_key(settings: Settings) -> bytes:
    """GATEWAY_SECRET_KEY, else what the file in the data folder holds; OSError when that cannot be read or made."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / _FILE
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        # Processes that start together must agree: the first link wins, and no one reads half a file.
        descriptor, name = tempfile.mkstemp(dir=settings.data_dir)  # readable by its owner only
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        os.unlink(name)
    return path.read_bytes()
