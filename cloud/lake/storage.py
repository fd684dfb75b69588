"""Where the files of a lake are: a local folder or S3, by one Arrow file system.

Files are immutable: written under `_staging/`, moved to their path when complete, moved to
`_retired/` when no current snapshot has them, and deleted later. `_lists/` has the lists of
`file_lists.py`, `_records/` the records of `records.py`, `_uploads/` files as received. Spark, Hive
and Athena skip folders that begin with an underscore. Locally a published file and its name are on
disk when `publish` returns. S3 encrypts by the bucket's default (SSE-KMS); a local folder relies on
the disk's encryption. With `{zone}` in the name of the bucket, each zone has a bucket of its own.
"""

import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from cloud.lake.tables import Zone

STAGING: Final = "_staging"
RETIRED: Final = "_retired"
LISTS: Final = "_lists"
RECORDS: Final = "_records"
UPLOADS: Final = "_uploads"
NOT_OF_SNAPSHOTS: Final = (f"{LISTS}/", f"{RECORDS}/", f"{UPLOADS}/")
ZONE_FIELD: Final = "{zone}"
BLOCK_BYTES: Final = 1 << 20


class StorageError(OSError):
    """The lake's files cannot be read or written."""


class Storage:
    """The files below one root; all paths are relative to it and separated by `/`."""

    def __init__(self, filesystem: fs.FileSystem, root: str, staging: Path) -> None:
        self.filesystem = filesystem
        self.root = root.rstrip("/")
        self._staging = staging
        self.is_local = isinstance(filesystem, fs.LocalFileSystem)

    def stage(self) -> Path:
        """A path for a new file of the local disk, to be published or deleted."""
        self._staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self._staging.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            raise StorageError(
                f"{self._staging} is not a folder of this user: remove it, or set TMPDIR"
            )
        return self._staging / f"{uuid.uuid4().hex}.parquet"

    def publish(self, staged: Path, path: str) -> None:
        """Move a complete staged file to its path: all of it is there, or nothing."""
        if not self.is_local:
            with (
                staged.open("rb") as source,
                self.filesystem.open_output_stream(self.locate(path)) as target,
            ):
                shutil.copyfileobj(source, target, BLOCK_BYTES)
            staged.unlink()
            return
        target_path = Path(self.locate(path))
        _create_folder(target_path.parent)
        _sync(staged)
        staged.replace(target_path)
        _sync(target_path.parent)

    def write(self, path: str, content: bytes) -> None:
        """Write a small file; a reader finds the earlier content or all of this one."""
        staged = self.stage()
        staged.write_bytes(content)
        self.publish(staged, path)

    def move(self, path: str, to: str) -> None:
        """Move a file; a move that another attempt has completed is no error."""
        if not self.exists(path) and self.exists(to):
            return
        self.filesystem.create_dir(self.locate(to.rpartition("/")[0]), recursive=True)
        try:
            self.filesystem.move(self.locate(path), self.locate(to))
        except OSError:
            if self.exists(path) or not self.exists(to):
                raise

    def delete(self, path: str) -> None:
        """Delete a file; one that is gone is no error."""
        try:
            if self.exists(path):
                self.filesystem.delete_file(self.locate(path))
        except FileNotFoundError:  # another program has deleted it
            return

    def exists(self, path: str) -> bool:
        """Whether there is a file at the path."""
        found = self.filesystem.get_file_info(self.locate(path))
        return bool(found.type == fs.FileType.File)

    def size(self, path: str) -> int:
        """The size of a file in bytes."""
        return int(self.filesystem.get_file_info(self.locate(path)).size)

    def changed_at(self, path: str) -> datetime:
        """When a file was last written."""
        found: datetime = self.filesystem.get_file_info(self.locate(path)).mtime
        return found.astimezone(UTC)

    def open(self, path: str) -> pa.NativeFile:
        """Open a file for reading, at any position."""
        return self.filesystem.open_input_file(self.locate(path))

    def list_files(self, folder: str = "") -> Iterator[str]:
        """The paths of all files below a folder, in no order; none when it does not exist.

        Without a folder, lists of files, records and uploads are left out: no snapshot has them.
        """
        for root in self._roots(folder):
            selector = fs.FileSelector(
                f"{root}/{folder}" if folder else root, allow_not_found=True, recursive=True
            )
            for found in self.filesystem.get_file_info(selector):
                path = found.path.removeprefix(f"{root}/")
                is_other = not folder and path.startswith(NOT_OF_SNAPSHOTS)
                if found.type == fs.FileType.File and not is_other:
                    yield path

    def list_folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder; none when it does not exist."""
        selector = fs.FileSelector(self.locate(folder), allow_not_found=True)
        found = self.filesystem.get_file_info(selector)
        return [one.base_name for one in found if one.type == fs.FileType.Directory]

    def locate(self, path: str) -> str:
        """The path as the file system and DuckDB take it."""
        [root] = self._roots(path)
        return f"{root}/{path}" if path else root

    def _roots(self, path: str) -> list[str]:
        """Where files below a path are: one root, or those of all zones for a path of no zone."""
        if ZONE_FIELD not in self.root:
            return [self.root]
        parts = path.split("/")
        zone = parts[1] if parts[0].startswith("_") and len(parts) > 1 else parts[0]
        zones = [Zone(zone)] if zone in set(Zone) else list(Zone)
        return [self.root.replace(ZONE_FIELD, zone) for zone in zones]


def open_storage(address: str, *, endpoint: str | None = None) -> Storage:
    """The storage at a folder or at `s3://bucket/prefix`.

    Args:
        address: a local path, or an S3 address; `{zone}` in it stands for the zone of a file.
        endpoint: of an S3 service other than AWS, such as `http://127.0.0.1:5000`.

    Raises:
        StorageError: the address is of another kind, or the folder cannot be created.
    """
    scheme = address.partition("://")[0] if "://" in address else ""
    if scheme == "s3":
        options = {"endpoint_override": endpoint} if endpoint else {}
        bucket = urlsplit(address)
        root = f"{bucket.netloc}{bucket.path}"
        return Storage(fs.S3FileSystem(**options), root, _spool_folder())
    if scheme:
        raise StorageError(f"a lake at {scheme}:// is not supported: give a folder or s3://bucket")
    folder = Path(address).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the folder {folder} of the lake cannot be created: {error.strerror}"
        ) from error
    return Storage(fs.LocalFileSystem(), str(folder), folder / STAGING)


def hash_stream(source: Any) -> str:
    """The SHA-256 of an open file, which is closed."""
    digest = hashlib.sha256()
    with source:
        while block := source.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _spool_folder() -> Path:
    """Files on their way to S3 are written to the local disk first."""
    return Path(os.environ.get("TMPDIR", "/var/tmp")) / f"onlooker-lake-{os.getuid()}"  # noqa: S108


def _create_folder(folder: Path) -> None:
    """Create a folder and its parents; their names are on disk when it returns."""
    if folder.is_dir():
        return
    _create_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
