"""Checks that the files of a lake are those that its manifest lists.

A lake is a folder and a database together. With the database of another lake, deleting unlisted
files would delete all of it; with another folder, files would be recorded as deleted that are not.
With a database that was restored from an older copy, the files of newer snapshots would be deleted.
"""

import re
from typing import Final

from sqlalchemy import select

from cloud.database import reading
from cloud.database.lake import lake_files
from cloud.lake.lake import Lake
from cloud.lake.records import has_newer_records, list_recorded_tables
from cloud.lake.storage import RETIRED, STAGING, StorageError
from cloud.lake.tables import DAY, Zone

FILES_CHECKED: Final = 20
"""One file of the newest may be lost; another lake has none of them."""
_DATA_FILE: Final = re.compile(
    rf"(?:{RETIRED}/)?(?:{'|'.join(Zone)})/\w+/{DAY}=\d{{4}}-\d\d-\d\d/[^/]+\.parquet", re.ASCII
)
_STAGED_FILE: Final = re.compile(rf"{STAGING}/[0-9a-f]{{32}}\.parquet")


class ForeignLakeError(StorageError):
    """The folder and the database belong to different lakes."""


class OldManifestError(StorageError):
    """The lake has snapshots that the database does not have."""


def is_data_file(path: str) -> bool:
    """Whether the path is that of a file of a table, retired or not."""
    return _DATA_FILE.fullmatch(path) is not None


def is_lake_file(path: str) -> bool:
    """Whether the lake writes files with such a path; a folder may contain others."""
    return is_data_file(path) or _STAGED_FILE.fullmatch(path) is not None


def require_listed_files(lake: Lake) -> bool:
    """Whether the manifest lists any file.

    Raises:
        ForeignLakeError: it does, and the folder has none of the newest.
        OldManifestError: the lake has newer snapshots.
    """
    query = select(lake_files.c.path).where(lake_files.c.deleted_at.is_(None))
    with reading(lake.engine) as connection:
        newest = query.order_by(lake_files.c.id.desc()).limit(FILES_CHECKED)
        paths = list(connection.execute(newest).scalars())
    if paths and not any(
        map(lake.storage.exists, (*paths, *(f"{RETIRED}/{one}" for one in paths)))
    ):
        raise ForeignLakeError(
            f"the lake has none of the newest files that the database lists, such as {paths[0]}: "
            "name the folder of this database with --lake, or restore the files"
        )
    _require_newest_manifest(lake)
    return bool(paths)


def _require_newest_manifest(lake: Lake) -> None:
    for name in list_recorded_tables(lake):
        if has_newer_records(lake, name):
            raise OldManifestError(
                f"the lake has a snapshot of {name} that the database does not have: the database "
                "was restored from an older copy, or is another one. "
                "`python -m cloud lake reconcile list` shows what it lacks"
            )


def require_own_files(lake: Lake) -> None:
    """Refuse a lake with files whose manifest is in another database.

    Raises:
        ForeignLakeError: the manifest lists no file, or none of the newest is there.
        OldManifestError: the lake has newer snapshots.
    """
    if require_listed_files(lake):
        return
    found = next(filter(is_data_file, lake.storage.list_files()), None)
    if found is not None:
        raise ForeignLakeError(
            f"the database lists no file, and the lake has {found}: name the database of this "
            "lake with --database"
        )
