"""Checks disk, clock and models of the machine. Nothing is written, renamed or set."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from edge_agent.check.findings import CheckResult, failure, ok, warning
from edge_agent.outbox.inspection import inspect_outbox
from edge_agent.perception.demographics import demographics_estimator_for
from edge_agent.perception.shared_networks import SharedNetworks
from edge_agent.settings.camera_settings import Settings
from edge_agent.wall_clock import EARLIEST_AT

MIB: Final = 2**20
MIN_FREE_BYTES: Final = 64 * MIB
RESERVE_BYTES: Final = 256 * MIB
MAX_CLOCK_DIFFERENCE: Final = timedelta(seconds=60)


def check_outbox(path: Path) -> CheckResult:
    """Whether an agent could start with this outbox, and the number of pending reports."""
    pending = inspect_outbox(path)
    if pending is None:
        return ok(f"{path} is in use by a running agent")
    return ok(f"{path} can be written, {pending} reports pending")


def check_disk(
    folder: Path, budget_bytes: int, free_of: Callable[[Path], int] | None = None
) -> CheckResult:
    """Whether the disk has room for `budget_bytes` of reports and a reserve."""
    existing = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = (free_of or _free)(existing)
    found = f"{free // MIB} MiB free at {existing}"
    if free < MIN_FREE_BYTES:
        return failure(found, f"free space: {MIN_FREE_BYTES // MIB} MiB are needed")
    if free < RESERVE_BYTES + budget_bytes:
        needed = (RESERVE_BYTES + budget_bytes) // MIB
        return warning(
            found, f"free space: {needed} MiB are needed for the outbox budget and a reserve"
        )
    return ok(found)


def check_writable_folder(folder: Path, purpose: str) -> CheckResult:
    """Whether a run could create files in a folder; creates nothing."""
    existing = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return failure(f"{existing} cannot be written", f"allow this user to write {purpose} there")
    if os.statvfs(existing).f_flag & os.ST_RDONLY:
        return failure(f"{existing} is read-only", f"mount it writable: {purpose} are stored there")
    return ok(f"{folder} can store {purpose}")


def check_clock(
    now: datetime, *, is_synchronised: bool | None, reference_at: datetime | None = None
) -> CheckResult:
    """Whether the time is plausible, synchronised, and close to that of the cloud if known."""
    found = now.isoformat(timespec="seconds")
    if now < EARLIEST_AT:
        return failure(f"{found} is not a plausible time", "set the clock, or enable NTP")
    if reference_at is not None and abs(now - reference_at) > MAX_CLOCK_DIFFERENCE:
        apart_s = (now - reference_at).total_seconds()
        return failure(
            f"{found}, {abs(apart_s):.0f} s {'ahead of' if apart_s > 0 else 'behind'} the cloud",
            "set the clock, or enable NTP: reports would have the wrong time",
        )
    if is_synchronised is False:
        return warning(f"{found}, not synchronised", "allow NTP (UDP 123) or install chrony")
    return ok(found + (", synchronised" if is_synchronised else ""))


def check_models(settings: Settings, opened: SharedNetworks) -> CheckResult:
    """Open every model that a run opens: card, checksum, a test frame."""
    detector, pose = opened.for_settings(settings)
    names = [f"{detector.name} {detector.version}", f"{pose.name} {pose.version}"]
    describer = demographics_estimator_for(settings)
    if describer is not None:
        names.append("demographics")
    return ok(", ".join(names))


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
