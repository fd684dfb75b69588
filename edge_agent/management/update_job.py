"""Another version of the program: fetched into a slot, proved in a process of its own, become."""

import hashlib
from pathlib import Path

import msgspec

from edge_agent.management.http_transfer import TransferError, checked, fetch
from edge_agent.management.job_runner import Apart, Means, failed, rejected, succeeded
from edge_agent.updates.ab_update import SlotError, Slots, is_proving
from edge_agent.updates.signature import SignatureError, verify
from edge_agent.updates.version_history import PROGRAM, Held, VersionBook, VersionError, order_of
from wire.jobs import JobResult, Release, UpdateJob


class Update:
    """Begun in one process, judged in the next: by then a version has proved itself or not."""

    def __init__(self, job: UpdateJob, means: Means, *, since: str) -> None:
        """`since` is the boot of the process that began it."""
        self._job = job
        self._means = means
        self._since = since
        self._work: Apart[Path] | None = None
        self._asked = False

    def pump(self, now_s: float) -> JobResult | None:
        if is_proving():
            return None
        if not self._means.own.fleet.slots:
            return rejected("settings fleet.slots is empty: this program has no slots")
        slots = Slots(Path(self._means.own.fleet.slots))
        release = self._release(slots)
        if isinstance(release, JobResult):
            return release
        if slots.current is not None and slots.current.name == release.version:
            self._versions.note(PROGRAM, release.version, release.sha256)
            return succeeded(version=release.version)
        if self._means.boot != self._since and (trouble := slots.take_trouble()):
            return failed(trouble)
        if self._work is None:
            self._work = Apart(lambda: self._unpacked(slots, release))
        slot = self._work.result()
        if slot is not None and not self._asked:
            self._asked = True
            self._means.restart(slot)
        return None

    def abandon(self) -> None:
        """What lies in a slot harms nobody."""

    @property
    def _versions(self) -> VersionBook:
        allow_older = self._means.own.fleet.allow_older
        return VersionBook(self._means.identity.versions, allow_older=allow_older)

    def _release(self, slots: Slots) -> Release | JobResult:
        fleet = self._means.own.fleet
        try:
            verify(self._job.release.encode(), self._job.signature, fleet.signers)
            checked(self._job.url, fleet.hosts)
            release = msgspec.json.decode(self._job.release, type=Release)
            self._versions.check(PROGRAM, release.version, release.sha256, floor=_installed(slots))
        except (SignatureError, TransferError, VersionError, msgspec.MsgspecError) as error:
            return rejected(str(error))
        return release

    def _unpacked(self, slots: Slots, release: Release) -> Path:
        hosts = self._means.own.fleet.hosts
        archive = fetch(self._job.url, hosts=hosts, limit_bytes=release.bytes)
        if hashlib.sha256(archive).hexdigest() != release.sha256:
            raise SlotError(f"{len(archive)} bytes came that are not those of {release.version}")
        return slots.unpack(release.version, archive)


def _installed(slots: Slots) -> Held | None:
    """The version at work; None where somebody gave its slot a name that is no version."""
    if slots.current is None:
        return None
    try:
        order_of(slots.current.name)
    except VersionError:
        return None
    return Held(version=slots.current.name)
