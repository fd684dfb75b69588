"""Job `update`: downloads a release into a slot, starts it on trial, and switches to it."""

import hashlib
from pathlib import Path

import msgspec

from edge_agent.management.http_transfer import TransferError, download, validate_url
from edge_agent.management.job_runner import BackgroundTask, JobContext, fail, reject, succeed
from edge_agent.updates.ab_update import ProgramSlotError, ProgramSlots, is_on_trial
from edge_agent.updates.signature import SignatureError, verify_signature
from edge_agent.updates.version_history import (
    PROGRAM,
    AcceptedVersion,
    VersionError,
    VersionHistory,
    version_key,
)
from wire.fleet.jobs import JobResult, Release, UpdateJob


class UpdateJobRunner:
    """Starts in one process and is decided in the next, after the trial of the new version."""

    def __init__(self, job: UpdateJob, context: JobContext, *, since: str) -> None:
        """`since` is the boot id of the process that started the job."""
        self._job = job
        self._context = context
        self._since = since
        self._download: BackgroundTask[Path] | None = None
        self._restart_requested = False

    def pump(self, now_s: float) -> JobResult | None:
        if is_on_trial():
            return None
        if not self._context.own.fleet.slots:
            return reject("settings fleet.slots is empty: this installation has no slots")
        slots = ProgramSlots(Path(self._context.own.fleet.slots))
        release = self._release(slots)
        if isinstance(release, JobResult):
            return release
        if slots.current is not None and slots.current.name == release.version:
            self._versions.record(PROGRAM, release.version, release.sha256)
            return succeed(version=release.version)
        if self._context.boot != self._since and (trouble := slots.take_failure_reason()):
            return fail(trouble)
        if self._download is None:
            self._download = BackgroundTask(lambda: self._download_and_unpack(slots, release))
        slot = self._download.result()
        if slot is not None and not self._restart_requested:
            self._restart_requested = True
            self._context.restart(slot)
        return None

    def abandon(self) -> None:
        """Nothing to undo: an unpacked slot is not started."""

    @property
    def _versions(self) -> VersionHistory:
        allow_older = self._context.own.fleet.allow_older
        return VersionHistory(self._context.identity.versions, allow_older=allow_older)

    def _release(self, slots: ProgramSlots) -> Release | JobResult:
        fleet = self._context.own.fleet
        try:
            verify_signature(self._job.release.encode(), self._job.signature, fleet.signers)
            validate_url(self._job.url, fleet.hosts)
            release = msgspec.json.decode(self._job.release, type=Release)
            self._versions.check(
                PROGRAM, release.version, release.sha256, floor=_installed_version(slots)
            )
        except (SignatureError, TransferError, VersionError, msgspec.MsgspecError) as error:
            return reject(str(error))
        return release

    def _download_and_unpack(self, slots: ProgramSlots, release: Release) -> Path:
        hosts = self._context.own.fleet.hosts
        archive = download(self._job.url, hosts=hosts, limit_bytes=release.bytes)
        if hashlib.sha256(archive).hexdigest() != release.sha256:
            raise ProgramSlotError(
                f"the download of {len(archive)} bytes has not the checksum of the release"
            )
        return slots.unpack(release.version, archive)


def _installed_version(slots: ProgramSlots) -> AcceptedVersion | None:
    """The installed version; None when its slot is not named after a version."""
    if slots.current is None:
        return None
    try:
        version_key(slots.current.name)
    except VersionError:
        return None
    return AcceptedVersion(version=slots.current.name)
