"""Disk, clock and networks of the machine. Nothing is written, renamed or set."""

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
    """Whether an agent could start with this outbox, and how many reports wait in it."""
    waiting = inspect_outbox(path)
    if waiting is None:
        return ok(f"{path} is in use by a running agent")
    return ok(f"{path} can be written, {waiting} reports wait")


def check_disk(
    folder: Path, budget_bytes: int, free_of: Callable[[Path], int] | None = None
) -> CheckResult:
    """Whether the disk has room for `budget_bytes` of reports and some more."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = (free_of or _free)(there)
    found = f"{free // MIB} MiB free at {there}"
    if free < MIN_FREE_BYTES:
        return failure(found, f"free space: {MIN_FREE_BYTES // MIB} MiB are needed")
    if free < RESERVE_BYTES + budget_bytes:
        wanted = (RESERVE_BYTES + budget_bytes) // MIB
        return warning(found, f"free space: {wanted} MiB hold the outbox's budget and a reserve")
    return ok(found)


def check_writable_folder(folder: Path, purpose: str) -> CheckResult:
    """Whether files can be created in a folder that a run writes to; nothing is created."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return failure(f"{there} cannot be written", f"let this user write {purpose} there")
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return failure(f"{there} is read-only", f"mount it for writing: {purpose} go there")
    return ok(f"{folder} takes {purpose}")


def check_clock(
    now: datetime, *, is_kept: bool | None, reference_at: datetime | None = None
) -> CheckResult:
    """Whether the time can be right, is kept by NTP, and agrees with the cloud's where known."""
    found = now.isoformat(timespec="seconds")
    if now < EARLIEST_AT:
        return failure(f"{found} cannot be the time", "set the clock, or let NTP do it")
    if reference_at is not None and abs(now - reference_at) > MAX_CLOCK_DIFFERENCE:
        apart_s = (now - reference_at).total_seconds()
        return failure(
            f"{found}, {abs(apart_s):.0f} s {'ahead of' if apart_s > 0 else 'behind'} the cloud",
            "set the clock, or let NTP do it: reports would count at the wrong time",
        )
    if is_kept is False:
        return warning(f"{found}, not synchronised", "allow NTP (UDP 123) or install chrony")
    return ok(found + (", synchronised" if is_kept else ""))


def check_models(settings: Settings, opened: SharedNetworks) -> CheckResult:
    """Open every network that a run opens: card, checksum, a first picture."""
    detector, pose = opened.for_settings(settings)
    names = [f"{detector.name} {detector.version}", f"{pose.name} {pose.version}"]
    describer = demographics_estimator_for(settings)
    if describer is not None:
        names.append("demographics")
    return ok(", ".join(names))


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
