"""Keeps one Mosquitto running, in step with the authority, and watches what it refuses.

A revoked or expired device loses its live session within a second or two: the new list is read
(SIGHUP), then the session is taken over. What counts is the list that Mosquitto has, not the
register: whoever is thrown out before the list is read would walk in again. Mosquitto is known to
die of a SIGHUP now and then; it is started again with the new list, and cameras reconnect and lose
nothing that was not acknowledged.

While Mosquitto reads its rules it serves nobody (1.1 s at 10,000 devices, measured). So newcomers
of a big fleet wait a little for each other; those who are to be shown out never wait.
"""

import logging
import os
import selectors
import shutil
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from provisioning.authority.office import LIST_FILE, REGISTER_FILE, Office, device_of
from provisioning.authority.profiles import Kind
from provisioning.authority.register import Entry
from provisioning.broker.audit import Audit
from provisioning.broker.doorman import DoormanError, end_session
from provisioning.broker.folder import BrokerFolder
from provisioning.broker.guard import UNGUARDED
from provisioning.broker.settings import BrokerError, BrokerSettings
from provisioning.broker.watch import Verdict, Watch

log = logging.getLogger(__name__)

LOOK_EVERY: Final = timedelta(seconds=1)
REREAD_EVERY: Final = timedelta(minutes=1)
REST_FOR_EACH: Final = timedelta(milliseconds=1)  # between two readings, for each certificate
PAUSE_S: Final = 0.2
READ_BYTES: Final = 256 * 1024
LONGEST_PAUSE: Final = timedelta(seconds=10)
PATIENCE_S: Final = 10.0
SBIN: Final = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"


class Supervisor:
    """One broker process and everything that is done about it."""

    def __init__(
        self,
        settings: BrokerSettings,
        office: Office,
        clock: Callable[[], datetime],
        hosts: tuple[str, ...] = (),
    ) -> None:
        self._settings = settings
        self._office = office
        self._clock = clock
        self._folder = BrokerFolder(settings, office, hosts)
        self._audit = Audit(settings.audit_file)
        self._watch = Watch(settings.limits)
        self._process: subprocess.Popen[bytes] | None = None
        self._selector = selectors.DefaultSelector()
        self._torn = b""
        self._last_words = ""
        self.last_death = ""
        self._expelled: set[str] = set()
        self._look_at: datetime | None = None
        self._start_at: datetime | None = None
        self._stamp: tuple[int, ...] = ()
        self._rested_at = datetime.min.replace(tzinfo=UTC)
        self._reread_at = datetime.max.replace(tzinfo=UTC)
        self._deaths = 0

    def start(self) -> None:
        """Write the folder and start Mosquitto; who stands revoked now never gets in."""
        at = self._clock()
        entries = self._office.register.entries()
        self._folder.prepare()
        self._folder.bring_up_to_date(entries, at)
        self._learn(entries)
        listed = self._folder.revoked()
        self._expelled = {
            one.serial for one in entries if one.serial in listed or at >= one.ends_at
        }
        self._look_at = at + LOOK_EVERY
        if self._settings.guard is None:
            self._write(Verdict(at, "broker.unguarded", None, UNGUARDED))
        self._launch()

    def step(self) -> None:
        """Read the log, look after the process, look for news of the authority."""
        self._read_log()
        at = self._clock()
        if self._process is None or self._process.poll() is not None:
            self._revive(at)
        elif self._look_at is None or at >= self._look_at:
            self._look_at = at + LOOK_EVERY
            self._follow_authority(at)

    def stop(self) -> None:
        """End Mosquitto in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._close_log()
        self._selector.close()

    @property
    def process_id(self) -> int | None:
        """The broker's process, for whoever measures or kills it."""
        return self._process.pid if self._process else None

    def _launch(self) -> None:
        self._settings.control_socket.unlink(missing_ok=True)
        self._torn, self._last_words = b"", ""
        self._process = subprocess.Popen(  # noqa: S603 - the path comes from `binary`
            [binary(), "-c", str(self._settings.config_file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        os.set_blocking(self._process.stderr.fileno(), False)
        self._selector.register(self._process.stderr, selectors.EVENT_READ)
        log.info("broker.started", extra={"pid": self._process.pid, "port": self._settings.port})

    def _revive(self, at: datetime) -> None:
        if self._start_at is None:
            self._deaths += 1
            self._read_log()
            code = self._process.returncode if self._process else None
            why = f"exit code {code} {self._last_words}".strip()
            self.last_death = why
            self._write(Verdict(at, "broker.died", None, why))
            pause = min(LONGEST_PAUSE, timedelta(seconds=0.25 * 2 ** min(self._deaths, 8)))
            self._start_at = at + pause
            self._close_log()
        elif at >= self._start_at:
            self._start_at = None
            self._launch()

    def _follow_authority(self, at: datetime) -> None:
        if not self._has_news(at):
            return
        entries = self._office.register.entries()
        lingering = {one.serial for one in entries if not one.stands(at)} - self._expelled
        if not lingering and at < self._rested_at:
            self._stamp = ()  # look again
            return
        changed = self._folder.bring_up_to_date(entries, at, lingering=lingering)
        self._learn(entries)
        if changed and self._process is not None:
            self._process.send_signal(signal.SIGHUP)
            self._rested_at = at + len(entries) * REST_FOR_EACH
            log.info("broker.reloaded", extra={"pid": self._process.pid})
        listed = self._folder.revoked()
        for entry in entries:
            is_over = entry.serial in listed or at >= entry.ends_at
            if is_over and entry.serial not in self._expelled:
                self._expel(entry, at)

    def _has_news(self, at: datetime) -> bool:
        """Whether the authority's files have changed, or certificates may have run out."""
        files = (self._office.folder / REGISTER_FILE, self._office.folder / LIST_FILE)
        stamp = tuple(path.stat().st_mtime_ns for path in files)
        if stamp == self._stamp and at < self._reread_at:
            return False
        self._stamp, self._reread_at = stamp, at + REREAD_EVERY
        return True

    def _expel(self, entry: Entry, at: datetime) -> None:
        self._expelled.add(entry.serial)
        self._stamp = ()  # look again: its rules can go now
        if entry.kind in (Kind.CLAIM, Kind.SERVER):
            return
        why = f"revoked: {entry.reason}" if entry.revoked_at else "the certificate ran out"
        self._end(Verdict(at, "session.ended", entry.name, why, ends_session=True))

    def _end(self, verdict: Verdict) -> None:
        self._watch.show_out(str(verdict.client), verdict.at)
        try:
            end_session(self._settings.control_socket, str(verdict.client))
        except DoormanError as error:
            log.warning("broker.deaf", extra={"reason": str(error)})
            if self._process is not None:
                self._process.kill()  # started again, it knows the new list and nobody's session
        self._write(verdict)

    def _learn(self, entries: list[Entry]) -> None:
        addresses = [found for entry in entries if (found := device_of(entry))]
        self._watch.locations = {device: location for location, device in addresses}

    def _read_log(self) -> None:
        for key, _ in self._selector.select(PAUSE_S):
            chunk = os.read(key.fd, READ_BYTES)
            if not chunk:
                self._selector.unregister(key.fileobj)
                continue
            *lines, self._torn = (self._torn + chunk).split(b"\n")
            told = [line.decode(errors="replace") for line in lines]
            errors = [line for line in told if line.startswith("Error: ")]
            self._last_words = errors[0] if errors else self._last_words
            for verdict in self._watch.read(told, self._clock()):
                if verdict.ends_session:
                    self._end(verdict)
                else:
                    self._write(verdict)

    def _write(self, verdict: Verdict) -> None:
        self._audit.write(verdict)
        log.warning(verdict.event, extra={"client": verdict.client, "detail": verdict.detail})

    def _close_log(self) -> None:
        for key in list(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
        if self._process is not None and self._process.stderr is not None:
            self._process.stderr.close()


def binary() -> str:
    """Mosquitto's path, also where only root's PATH leads."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
    if found is None:
        raise BrokerError("mosquitto was not found: install it (Debian: apt-get install mosquitto)")
    return found
