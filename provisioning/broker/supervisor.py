"""Keeps one Mosquitto running and up to date with the authority, and audits what it rejects.

A revoked or expired device loses its session within a second or two: Mosquitto reads the new list
(SIGHUP), then the session is ended by a takeover. The list that Mosquitto has read counts, not the
register: a session that is ended earlier would reconnect. Mosquitto sometimes exits on SIGHUP; it
is restarted with the new list, and cameras reconnect and send unacknowledged reports again.

Nothing here waits for Mosquitto: separate threads read its log and end sessions.

While Mosquitto reads its rules it serves no client (1.1 s at 10,000 devices, measured). So new
devices of a large fleet are batched; revoked devices never wait.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from provisioning.authority.ca import (
    LIST_FILE,
    REGISTER_FILE,
    AuthorityError,
    CertificateAuthority,
    device_identity,
)
from provisioning.authority.profiles import CertificateKind
from provisioning.authority.register import CertificateRecord, RegisterError
from provisioning.broker.audit import AuditLog
from provisioning.broker.auth_plugin import WITHOUT_PLUGIN
from provisioning.broker.folder import BrokerFolder
from provisioning.broker.log_monitor import AuditEvent, LogMonitor
from provisioning.broker.process import BrokerProcess
from provisioning.broker.session_ender import SessionEnder
from provisioning.broker.settings import BrokerSettings
from provisioning.folder_lock import FolderLock
from provisioning.key_store import KeyStoreError

log = logging.getLogger(__name__)

CHECK_INTERVAL: Final = timedelta(seconds=1)
REREAD_INTERVAL: Final = timedelta(minutes=1)
RELOAD_REST_PER_CERTIFICATE: Final = timedelta(milliseconds=1)  # minimum between two reloads
POLL_S: Final = 0.2
MAX_RESTART_DELAY: Final = timedelta(seconds=10)
HEALTHY_AFTER: Final = timedelta(
    minutes=1
)  # an exit after that time does not lengthen the restart delay


class BrokerSupervisor:
    """Supervises one broker process."""

    def __init__(
        self,
        settings: BrokerSettings,
        authority: CertificateAuthority,
        clock: Callable[[], datetime],
        hosts: tuple[str, ...] = (),
    ) -> None:
        self._settings = settings
        self._authority = authority
        self._clock = clock
        self._folder = BrokerFolder(settings, authority, hosts)
        self._audit = AuditLog(settings.audit_file)
        self._monitor = LogMonitor(settings.limits, counts_messages=settings.auth_plugin is None)
        self._lock = FolderLock(settings.folder, "broker")
        self._ender: SessionEnder | None = None
        self._process: BrokerProcess | None = None
        self._launched_at = datetime.max.replace(tzinfo=UTC)
        self._last_error = ""
        self.last_death = ""
        self._ended_serials: set[str] = set()
        self._check_at: datetime | None = None
        self._start_at: datetime | None = None
        self._stamp: tuple[int, ...] = ()
        self._rested_at = datetime.min.replace(tzinfo=UTC)
        self._reread_at = datetime.max.replace(tzinfo=UTC)
        self._deaths = 0

    def start(self) -> None:
        """Write the folder and start Mosquitto with the current revocation list.

        Raises FolderLockedError when another broker runs in the folder.
        """
        self._lock.take()
        at = self._clock()
        entries = self._authority.register.entries()
        self._folder.prepare()
        self._folder.bring_up_to_date(entries, at)
        self._update_locations(entries)
        listed = self._folder.revoked()
        self._ended_serials = {
            one.serial for one in entries if one.serial in listed or at >= one.ends_at
        }
        self._check_at = at + CHECK_INTERVAL
        if self._settings.auth_plugin is None:
            self._write(AuditEvent(at, "broker.no_auth_plugin", None, WITHOUT_PLUGIN))
        self._ender = SessionEnder(self._settings.control_socket)
        self._launch(at)

    def step(self) -> None:
        """Read the log, restart the process if it has exited, follow the authority."""
        if self._process is not None:
            self._read_log(self._process.lines(POLL_S))
        at = self._clock()
        self._write_all(self._monitor.repeats(at))
        self._collect_ended()
        if self._process is None or self._process.exit_code is not None:
            self._restart(at)
            return
        if self._deaths and at - self._launched_at >= HEALTHY_AFTER:
            self._deaths = 0
        if self._process.is_ready and (self._check_at is None or at >= self._check_at):
            self._check_at = at + CHECK_INTERVAL
            self._try_to_follow(at)

    def stop(self) -> None:
        """Stop Mosquitto gracefully."""
        if self._ender is not None:
            self._ender.close()
        if self._process is not None:
            self._process.stop()
            self._write_all(self._monitor.remaining(self._clock()))
        self._lock.release()

    @property
    def process_id(self) -> int | None:
        """The id of the broker's process, for tests and measurements."""
        return self._process.pid if self._process else None

    @property
    def is_ready(self) -> bool:
        """Whether Mosquitto accepts connections."""
        return self._process is not None and self._process.is_ready

    def _launch(self, at: datetime) -> None:
        settings = self._settings
        settings.control_socket.unlink(missing_ok=True)
        self._last_error = ""
        self._process = BrokerProcess(settings.config_file, settings.control_socket)
        self._launched_at = at
        log.info("broker.started", extra={"pid": self._process.pid, "port": settings.port})

    def _restart(self, at: datetime) -> None:
        if self._start_at is None:
            self._deaths += 1
            code = None
            if self._process is not None:
                code = self._process.exit_code
                self._read_log(self._process.close())
            why = f"exit code {code} {self._last_error}".strip()
            self.last_death = why
            self._write(AuditEvent(at, "broker.died", None, why))
            pause = min(MAX_RESTART_DELAY, timedelta(seconds=0.25 * 2 ** min(self._deaths, 8)))
            self._start_at = at + pause
        elif at >= self._start_at:
            self._start_at = None
            self._launch(at)

    def _try_to_follow(self, at: datetime) -> None:
        """Follow the authority; a full disk or a locked register is retried at the next check."""
        try:
            self._follow_authority(at)
        except (OSError, AuthorityError, RegisterError, KeyStoreError) as error:
            self._stamp = ()
            log.error("broker.not_up_to_date", extra={"reason": str(error)})

    def _follow_authority(self, at: datetime) -> None:
        if not self._has_news(at):
            return
        entries = self._authority.register.entries()
        lingering = {one.serial for one in entries if not one.is_valid(at)} - self._ended_serials
        if not lingering and at < self._rested_at:
            self._stamp = ()  # check again
            return
        changed = self._folder.bring_up_to_date(entries, at, lingering=lingering)
        self._update_locations(entries)
        if changed and self._process is not None:
            self._process.reload()
            self._rested_at = at + len(entries) * RELOAD_REST_PER_CERTIFICATE
            log.info("broker.reloaded", extra={"pid": self._process.pid})
        listed = self._folder.revoked()
        for entry in entries:
            is_over = entry.serial in listed or at >= entry.ends_at
            if is_over and entry.serial not in self._ended_serials:
                self._end_session_of(entry, at)

    def _has_news(self, at: datetime) -> bool:
        """Whether the authority's files have changed, or certificates may have expired."""
        files = (self._authority.folder / REGISTER_FILE, self._authority.folder / LIST_FILE)
        stamp = tuple(path.stat().st_mtime_ns for path in files)
        if stamp == self._stamp and at < self._reread_at:
            return False
        self._stamp, self._reread_at = stamp, at + REREAD_INTERVAL
        return True

    def _end_session_of(self, entry: CertificateRecord, at: datetime) -> None:
        self._ended_serials.add(entry.serial)
        self._stamp = ()  # check again: its rules can now be removed
        if entry.kind in (CertificateKind.CLAIM, CertificateKind.SERVER):
            return
        why = f"revoked: {entry.reason}" if entry.revoked_at else "the certificate expired"
        self._end(AuditEvent(at, "session.ended", entry.name, why, ends_session=True))

    def _end(self, audit_event: AuditEvent) -> None:
        self._monitor.expect_session_end(str(audit_event.client), audit_event.at)
        if self._ender is not None:
            self._ender.request(audit_event)

    def _collect_ended(self) -> None:
        """Audit ended sessions; a broker that does not end one is restarted."""
        for ended in self._ender.results() if self._ender is not None else ():
            if ended.audit_event.event == "session.ended":
                self._write(ended.audit_event)
            if ended.error:
                log.error(
                    "broker.session_not_ended",
                    extra={"client": ended.audit_event.client, "reason": ended.error},
                )
                if ended.audit_event.event == "session.ended" and self._process is not None:
                    self._process.kill()  # it restarts with the new list and without sessions

    def _update_locations(self, entries: list[CertificateRecord]) -> None:
        addresses = [found for entry in entries if (found := device_identity(entry))]
        self._monitor.locations = {device: location for location, device in addresses}

    def _read_log(self, lines: list[str]) -> None:
        errors = [line for line in lines if line.startswith("Error: ")]
        self._last_error = errors[0] if errors else self._last_error
        at = self._clock()
        if self._process is not None and (discarded := self._process.take_discarded()):
            detail = f"{discarded} bytes of Mosquitto's log were discarded: it grew too fast"
            self._write(AuditEvent(at, "audit.incomplete", None, detail))
        for audit_event in self._monitor.read(lines, at):
            if audit_event.ends_session:
                self._end(audit_event)
            if audit_event.times:
                self._write(audit_event)

    def _write_all(self, audit_events: Iterable[AuditEvent]) -> None:
        for audit_event in audit_events:
            self._write(audit_event)

    def _write(self, audit_event: AuditEvent) -> None:
        self._audit.write(audit_event)
        log.warning(
            audit_event.event,
            extra={
                "client": audit_event.client,
                "detail": audit_event.detail,
                "times": audit_event.times,
            },
        )
