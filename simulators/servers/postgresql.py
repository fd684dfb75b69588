"""A PostgreSQL on loopback, for tests and measurements. Not for a network.

A cluster of its own on a free port of 127.0.0.1, without passwords. It does not survive a power
failure unless it is durable.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from simulators.servers.mosquitto import free_port

INSTALLED: Final = Path("/usr/lib/postgresql")
FASTER: Final = (
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "jit=off",
)
"""Settings of a cluster that lives for minutes: it survives the death of a process, as tests ask of
it, not a power failure."""


class PostgresqlError(RuntimeError):
    """PostgreSQL is not installed or does not start."""


def find_programs() -> Path:
    """The folder of `initdb` and `postgres`, of the newest version that is installed."""
    found = max(INSTALLED.glob("*/bin/initdb"), key=_version, default=shutil.which("initdb"))
    if found is None:
        raise PostgresqlError(
            "PostgreSQL was not found: install it (Debian: apt-get install postgresql, "
            "macOS: brew install postgresql)"
        )
    return Path(found).resolve().parent


def _version(initdb: Path) -> tuple[int, ...]:
    """9.6 is older than 15, which a comparison of texts would reverse."""
    return tuple(int(part) for part in initdb.parts[-3].split(".") if part.isdigit())


class Postgresql:
    """One cluster in its own folder, which must not exist; `start` waits until it is ready."""

    host: Final = "127.0.0.1"

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address for `--database`."""
        return f"postgresql://onlooker@{self.host}:{self.port}/postgres"

    def start(self) -> None:
        """Create the cluster and wait until it accepts connections."""
        found = find_programs()
        self.folder.mkdir(parents=True)
        owner = self._unprivileged()
        where = ["-D", str(self.folder / "data")]
        self._run([str(found / "initdb"), *where, "-U", "onlooker", "-A", "trust", "-E", "UTF8",
                   "--locale=C", "--no-sync"], owner)  # fmt: skip
        options = [] if self._durable else [word for one in FASTER for word in ("-c", one)]
        self._process = subprocess.Popen(  # noqa: S603  the path comes from `programs`
            [str(found / "postgres"), *where, "-p", str(self.port), "-h", self.host,
             "-c", "unix_socket_directories=", "-c", "shared_buffers=32MB", *options],
            stderr=subprocess.DEVNULL, cwd=self.folder, **owner,
        )  # fmt: skip
        self._wait(found, owner)

    def stop(self) -> None:
        """Stop it without waiting for clients, and delete the cluster."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, found: Path, owner: dict[str, Any]) -> None:
        ready = [str(found / "pg_isready"), "-q", "-h", self.host, "-p", str(self.port)]
        for _ in range(300):
            done = subprocess.run(ready, check=False, cwd=self.folder, **owner)  # noqa: S603
            if done.returncode == 0:
                return
            if self._process is None or self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise PostgresqlError(f"PostgreSQL did not start in {self.folder}")

    def _run(self, command: list[str], owner: dict[str, Any]) -> None:
        subprocess.run(  # noqa: S603  the path comes from `programs`
            command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **owner
        )

    def _unprivileged(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
