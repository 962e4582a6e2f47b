"""Passwords: argon2id off the event loop, two at a time, so that a burst of log-ins never starves other requests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's parameters for argon2id: 19 MiB, two passes, one lane; about 28 ms."""

_SLOTS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
_NOBODY = _HASHER.hash("nobody has this password")


async def hash_password(password: str) -> str:
    """The encoded argon2id hash, with its salt and parameters."""
    return await asyncio.get_running_loop().run_in_executor(_SLOTS, _HASHER.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of this hash. Without a hash: no, after the same work, so that time tells nothing."""
    check = partial(_verify, password_hash or _NOBODY, password)
    return await asyncio.get_running_loop().run_in_executor(_SLOTS, check) and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
