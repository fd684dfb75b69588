"""Where the pages are written: a local folder, or a prefix of a bucket."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final
from urllib.parse import urlsplit

from pyarrow import fs

from cloud.lake.storage import ZONE_FIELD, StorageError, open_storage

NAME: Final = "catalogue"
CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".jsonl": "application/jsonl; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class PageFolder:
    """A folder whose files are replaced as a whole: a reader sees the earlier one or the new."""

    filesystem: fs.FileSystem
    root: str

    def write(self, name: str, parts: Iterable[str]) -> None:
        """Replace one file when all of its parts are known.

        Raises:
            OSError: it cannot be written.
        """
        if isinstance(self.filesystem, fs.LocalFileSystem):
            part = Path(self.root) / f".{name}.part"
            with part.open("w", encoding="utf-8") as file:
                file.writelines(parts)
            part.replace(Path(self.root) / name)
            return
        with TemporaryFile("w+b") as spool:
            spool.writelines(part.encode() for part in parts)
            spool.seek(0)
            self._upload(name, spool)

    def _upload(self, name: str, spool: object) -> None:
        metadata = {"Content-Type": CONTENT_TYPES[Path(name).suffix]}
        path = f"{self.root}/{name}"
        with self.filesystem.open_output_stream(path, metadata=metadata) as target:
            shutil.copyfileobj(spool, target)  # type: ignore[arg-type]

    def describe(self, name: str) -> str:
        """The address of a file, for people."""
        is_local = isinstance(self.filesystem, fs.LocalFileSystem)
        return f"{self.root}/{name}" if is_local else f"s3://{self.root}/{name}"


def open_page_folder(address: str) -> PageFolder:
    """The folder at a local path or at `s3://bucket/prefix`.

    Raises:
        StorageError: the address is of another kind, or the folder cannot be created.
    """
    storage = open_storage(address)
    return PageFolder(storage.filesystem, storage.root)


def place_beside(lake_address: str) -> str:
    """The address of the catalogue of a lake, beside its folder or its buckets.

    Raises:
        StorageError: the lake is a whole bucket: nothing is beside it.
    """
    if ZONE_FIELD in lake_address:
        return lake_address.replace(ZONE_FIELD, NAME)
    if "://" not in lake_address:
        return str(Path(lake_address).resolve().parent / NAME)
    parent, _, last = urlsplit(lake_address).path.rstrip("/").rpartition("/")
    if not last:
        raise StorageError(
            "the lake is a whole bucket, and nothing is beside it: name the place of the pages by "
            "--catalogue"
        )
    return f"s3://{urlsplit(lake_address).netloc}{parent}/{NAME}"
