"""Another version of the program: fetched into a slot, proved in a process of its own, become."""

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
from wire.jobs import JobResult, Release, UpdateJob


class UpdateJobRunner:
    """Begun in one process, judged in the next: by then a version has proved itself or not."""

    def __init__(self, job: UpdateJob, means: JobContext, *, since: str) -> None:
        """`since` is the boot of the process that began it."""
        self._job = job
        self._means = means
        self._since = since
        self._work: BackgroundTask[Path] | None = None
        self._asked = False

    def pump(self, now_s: float) -> JobResult | None:
        if is_on_trial():
            return None
        if not self._means.own.fleet.slots:
            return reject("settings fleet.slots is empty: this program has no slots")
        slots = ProgramSlots(Path(self._means.own.fleet.slots))
        release = self._release(slots)
        if isinstance(release, JobResult):
            return release
        if slots.current is not None and slots.current.name == release.version:
            self._versions.record(PROGRAM, release.version, release.sha256)
            return succeed(version=release.version)
        if self._means.boot != self._since and (trouble := slots.take_failure_reason()):
            return fail(trouble)
        if self._work is None:
            self._work = BackgroundTask(lambda: self._unpacked(slots, release))
        slot = self._work.result()
        if slot is not None and not self._asked:
            self._asked = True
            self._means.restart(slot)
        return None

    def abandon(self) -> None:
        """What lies in a slot harms nobody."""

    @property
    def _versions(self) -> VersionHistory:
        allow_older = self._means.own.fleet.allow_older
        return VersionHistory(self._means.identity.versions, allow_older=allow_older)

    def _release(self, slots: ProgramSlots) -> Release | JobResult:
        fleet = self._means.own.fleet
        try:
            verify_signature(self._job.release.encode(), self._job.signature, fleet.signers)
            validate_url(self._job.url, fleet.hosts)
            release = msgspec.json.decode(self._job.release, type=Release)
            self._versions.check(PROGRAM, release.version, release.sha256, floor=_installed(slots))
        except (SignatureError, TransferError, VersionError, msgspec.MsgspecError) as error:
            return reject(str(error))
        return release

    def _unpacked(self, slots: ProgramSlots, release: Release) -> Path:
        hosts = self._means.own.fleet.hosts
        archive = download(self._job.url, hosts=hosts, limit_bytes=release.bytes)
        if hashlib.sha256(archive).hexdigest() != release.sha256:
            raise ProgramSlotError(
                f"{len(archive)} bytes came that are not those of {release.version}"
            )
        return slots.unpack(release.version, archive)


def _installed(slots: ProgramSlots) -> AcceptedVersion | None:
    """The version at work; None where somebody gave its slot a name that is no version."""
    if slots.current is None:
        return None
    try:
        version_key(slots.current.name)
    except VersionError:
        return None
    return AcceptedVersion(version=slots.current.name)
