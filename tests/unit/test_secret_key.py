"""The gateway's secret: the same for all its processes, and readable by nobody else."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from gateway.secret_key import secret_key
from gateway.settings import Settings

KEY = "0123456789abcdef0123456789abcdef"


def test_a_given_secret_is_taken_and_no_file_is_made(tmp_path: Path) -> None:
    settings = Settings(secret_key=SecretStr(KEY), data_dir=tmp_path / "data")

    assert secret_key(settings) == KEY.encode()
    assert not (tmp_path / "data").exists()
    assert KEY not in repr(settings)


def test_processes_that_start_together_agree_on_a_file_of_their_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")

    with ThreadPoolExecutor(8) as processes:
        keys = set(processes.map(secret_key, [settings] * 50))

    [key] = keys
    assert len(key) >= 32
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 32"):
        Settings(secret_key=SecretStr("short"))
