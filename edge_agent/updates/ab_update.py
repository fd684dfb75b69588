"""A/B updates of the program: slots for the current, the previous and a new version.

    ROOT/current -> slots/1.4.0        the version that is started: ROOT/current/start
    ROOT/previous -> slots/1.3.2       the version before
    ROOT/slots/1.4.0/start             a program that takes the arguments of this one

The old program stops measuring, starts the new one as its child and waits until the child reports
that every camera delivers pictures and the broker has accepted the connection. Only then `current`
is switched, by a rename, and the old program replaces itself by the new one. If the child ends or
reports nothing in time, nothing changes.
"""

import io
import logging
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge_agent.atomic_files import PRIVATE_MODE, write_atomically

log = logging.getLogger(__name__)

HEALTH_FILE_VARIABLE: Final = (
    "ONLOOKER_PROVING"  # variable of the child: the file that reports it healthy
)
START: Final = "start"
LARGEST_UNPACKED_BYTES: Final = 2 * 1024**3
TRIAL_TIMEOUT_S: Final = 60.0  # less than the watchdog limit of the service manager
TERMINATE_TIMEOUT_S: Final = 30.0
POLL_INTERVAL_S: Final = 0.2


class ProgramSlotError(RuntimeError):
    """A release that cannot be used, or a missing slot folder."""


class ProgramSlots:
    """The slots below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def current(self) -> Path | None:
        """The slot of the current version."""
        return _read_link(self._root / "current")

    @property
    def previous(self) -> Path | None:
        """The slot of the previous version."""
        return _read_link(self._root / "previous")

    def take_failure_reason(self) -> str:
        """Why the last release did not become current; the reason is returned once."""
        try:
            trouble = self._trouble.read_text(encoding="utf-8")
        except OSError:
            return ""
        self._trouble.unlink()
        return trouble

    @property
    def _trouble(self) -> Path:
        return self._root / "trouble"

    def unpack(self, version: str, archive: bytes) -> Path:
        """Unpack a release (tar.gz) completely into its slot; raises ProgramSlotError."""
        if self.current is None:
            raise ProgramSlotError(
                f"{self._root} has no current slot: install the program there first"
            )
        home = self._root / "slots" / version
        if home in (self.current, self.previous):
            return home
        draft = home.with_name(f".{version}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
                if sum(member.size for member in tar.getmembers()) > LARGEST_UNPACKED_BYTES:
                    raise ProgramSlotError(
                        f"{version} unpacks to over {LARGEST_UNPACKED_BYTES} bytes"
                    )
                tar.extractall(draft, filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise ProgramSlotError(f"{version} does not unpack: {error}") from error
        if not os.access(draft / START, os.X_OK):
            shutil.rmtree(draft, ignore_errors=True)
            raise ProgramSlotError(f"{version} has no program {START} in its top folder")
        shutil.rmtree(home, ignore_errors=True)
        draft.replace(home)
        return home

    def try_slot(
        self, slot: Path, arguments: Sequence[str], *, patience_s: float = TRIAL_TIMEOUT_S
    ) -> bool:
        """Run the program of a slot until it reports healthy, then make the slot current.

        False when it did not; then nothing has changed and `take_failure_reason` says why.
        """
        sign = self._root / "well"
        sign.unlink(missing_ok=True)
        child = subprocess.Popen(  # noqa: S603  the signature of the program was verified
            [str(slot / START), *arguments], env={**os.environ, HEALTH_FILE_VARIABLE: str(sign)}
        )
        trouble = _await_health(child, sign, patience_s)
        _terminate(child)
        write_atomically(self._trouble, trouble.encode(), mode=PRIVATE_MODE)
        if trouble:
            log.error("update.trial_failed", extra={"slot": slot.name, "reason": trouble})
            return False
        self._switch(slot)
        log.info("update.switched", extra={"slot": slot.name})
        return True

    def exec_current(self, arguments: Sequence[str]) -> None:
        """Replace this process by the program of the current slot."""
        program = str(self._root / "current" / START)
        os.execv(program, [program, *arguments])  # noqa: S606  its signature was verified and its trial succeeded

    def _switch(self, slot: Path) -> None:
        old = self.current
        if old is not None and old != slot:
            _replace_link(self._root / "previous", old)
        _replace_link(self._root / "current", slot)
        for home in (self._root / "slots").iterdir():
            if home not in (self.current, self.previous):
                shutil.rmtree(home, ignore_errors=True)


def restart_program(arguments: Sequence[str]) -> None:
    """Replace this process by a new run of the same program."""
    command = [sys.executable, "-m", "edge_agent", *arguments]
    os.execv(sys.executable, command)  # noqa: S606  our own interpreter and program


def report_healthy() -> None:
    """Report to the program that started this one, if it is on trial, that it is healthy."""
    if sign := os.environ.get(HEALTH_FILE_VARIABLE):
        write_atomically(Path(sign), b"well", mode=PRIVATE_MODE)


def is_on_trial() -> bool:
    """Whether this process is a new version on trial."""
    return HEALTH_FILE_VARIABLE in os.environ


def _await_health(child: "subprocess.Popen[bytes]", sign: Path, patience_s: float) -> str:
    """Empty when the child reports healthy, otherwise why it did not."""
    give_up_s = time.monotonic() + patience_s
    while time.monotonic() < give_up_s:
        if sign.exists():
            return ""
        if child.poll() is not None:
            return f"the new program ended ({child.returncode})"
        time.sleep(POLL_INTERVAL_S)
    return f"the new program did not report healthy within {patience_s:.0f} s"


def _terminate(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(TERMINATE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _read_link(link: Path) -> Path | None:
    return link.resolve() if link.is_symlink() and link.exists() else None


def _replace_link(link: Path, target: Path) -> None:
    draft = link.with_name(f".{link.name}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
