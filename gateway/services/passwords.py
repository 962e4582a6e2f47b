"""Passwords: argon2id off the event loop, two at a time, so that a burst of log-ins never starves other requests."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import BigInteger, String, bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import insert

from gateway.models import metadata
from gateway.services.legacy_passwords import is_legacy, verify_legacy
from gateway.services.running import Run
from gateway.statements import Statement

LONGEST = 1_000
"""Characters of a password; what comes after them would only cost time."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's parameters for argon2id: 19 MiB, two passes, one lane; about 28 ms."""

_NICENESS = 10
"""How far hashing stands back where processors are short: on Linux that is a thread's own."""


def _stand_back() -> None:
    if sys.platform == "linux":  # elsewhere it would be the whole process
        os.nice(_NICENESS)


_SLOTS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords", initializer=_stand_back)
_NOBODY = _HASHER.hash("nobody has this password")

_CREDENTIALS = metadata.tables["credentials"]
_NEW = insert(_CREDENTIALS).values(
    administrator_id=bindparam("its_administrator_id", type_=BigInteger),
    password_hash=bindparam("its_hash", type_=String),
    changed_at=func.now(),
)
_SET = Statement(
    _NEW.on_conflict_do_update(
        index_elements=["administrator_id"],
        set_={"password_hash": _NEW.excluded.password_hash, "changed_at": _NEW.excluded.changed_at},
    )
)
_FORGET = Statement(
    delete(_CREDENTIALS).where(_CREDENTIALS.c.administrator_id == bindparam("its_administrator_id", type_=BigInteger))
)
# Only in the place of the hash that was verified: a password that was changed meanwhile stays.
_REHASH = Statement(
    update(_CREDENTIALS)
    .where(
        _CREDENTIALS.c.administrator_id == bindparam("its_administrator_id", type_=BigInteger),
        _CREDENTIALS.c.password_hash == bindparam("old_hash", type_=String),
    )
    .values(password_hash=bindparam("its_hash", type_=String))
)


async def hash_password(password: str) -> str:
    """The encoded argon2id hash, with its salt and parameters."""
    return await asyncio.get_running_loop().run_in_executor(_SLOTS, _HASHER.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of this hash. Without a hash: no, after the same work, so that time tells nothing."""
    check = partial(_verify, password_hash or _NOBODY, password[:LONGEST])
    return await asyncio.get_running_loop().run_in_executor(_SLOTS, check) and password_hash is not None


async def set_password(run: Run, administrator_id: int, password_hash: str) -> None:
    """Makes it the administrator's only password."""
    await run(_SET, its_administrator_id=administrator_id, its_hash=password_hash)


async def forget_password(run: Run, administrator_id: int) -> None:
    """Leaves the administrator without a password, until they set one by a one-time code."""
    await run(_FORGET, its_administrator_id=administrator_id)


async def renew_hash(run: Run, administrator_id: int, password: str, password_hash: str) -> None:
    """Replaces the hash of a right password when it is of the old portal, or weaker than today's ones."""
    if is_legacy(password_hash) or _HASHER.check_needs_rehash(password_hash):
        renewed = await hash_password(password)
        await run(_REHASH, its_administrator_id=administrator_id, old_hash=password_hash, its_hash=renewed)


def _verify(password_hash: str, password: str) -> bool:
    if is_legacy(password_hash):
        return verify_legacy(password_hash, password)
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
