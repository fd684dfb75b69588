"""Compare the files with the manifest: their size and SHA-256, and files that it does not list."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select

from cloud.database import reading
from cloud.database.lake import lake_files
from cloud.lake.lake import Lake
from cloud.lake.storage import RETIRED, STAGING, Storage, hash_stream


class Fault(StrEnum):
    """What is wrong with a file."""

    MISSING = "missing"
    CHANGED = "changed"
    UNLISTED = "unlisted"  # of a commit or deletion that did not complete; no reader sees it


@dataclass(frozen=True, slots=True)
class FileFault:
    """A fault of one file, with what was found and what was expected."""

    path: str
    fault: Fault
    detail: str
    is_current: bool = True  # else only earlier snapshots, which expire, have the file


def verify(lake: Lake) -> Iterator[FileFault]:
    """Every fault of every file that is not deleted, retired files included.

    Other programs may commit, retire and delete files meanwhile, which is no fault: the files are
    listed before the manifest is read.
    """
    present = sorted(lake.storage.list_files())
    with reading(lake.engine) as connection:
        query = select(lake_files).where(lake_files.c.deleted_at.is_(None))
        rows = connection.execute(query.order_by(lake_files.c.id)).all()
    listed = set()
    for row in rows:
        path = _locate(lake.storage, row)
        listed.add(path)
        for found in find_faults(lake.storage, path, row.size_bytes, row.sha256):
            yield replace(found, is_current=row.removed_in is None)
    for path in present:
        is_known = path in listed or path.startswith(f"{STAGING}/")
        if not is_known and lake.storage.exists(path):
            yield FileFault(path, Fault.UNLISTED, "no snapshot lists it")


def _locate(storage: Storage, row: Row[Any]) -> str:
    """Where the file is: a retirement that was interrupted has moved it already."""
    path: str = row.path
    if row.removed_in is not None and row.retired_at is None and not storage.exists(path):
        return f"{RETIRED}/{path}"
    return path


def find_faults(storage: Storage, path: str, size_bytes: int, sha256: str) -> Iterator[FileFault]:
    """The fault of one file; none when it is as committed."""
    if not storage.exists(path):
        yield FileFault(path, Fault.MISSING, f"expected {size_bytes} bytes")
        return
    found_bytes = storage.size(path)
    if found_bytes != size_bytes:
        yield FileFault(path, Fault.CHANGED, f"{found_bytes} bytes, expected {size_bytes}")
        return
    found = hash_stream(storage.open(path))
    if found != sha256:
        yield FileFault(path, Fault.CHANGED, f"SHA-256 {found[:12]}…, expected {sha256[:12]}…")
