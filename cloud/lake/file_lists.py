"""Lists of the files of the newest snapshot, for Athena: one text file for each table and day.

Athena reads a table through its lists (`SymlinkTextInputFormat`), so it counts neither files that
were replaced nor files of a commit that failed. A list is replaced as a whole; lists of several
days are not replaced at once. A lake in a local folder has none: Athena cannot read it.
"""

from collections import defaultdict
from datetime import date
from typing import Final

from sqlalchemy import Connection, and_, or_, select

from cloud.database import writing
from cloud.database.lake import lake_files
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_current, read_files, read_position, write_position
from cloud.lake.storage import LISTS
from cloud.lake.tables import DAY

SOURCE: Final = "file_lists"
"""The position of a table under this name is the snapshot that its lists show."""


def list_path(table_name: str, day: date) -> str:
    """Where the list of a day is; `provisioning.aws.lake.glue` has the same path."""
    zone, _, name = table_name.partition(".")
    return f"{LISTS}/{zone}/{name}/{DAY}={day}/files.txt"


def write_lists(lake: Lake, table_name: str) -> int:
    """Write the lists of the days whose files changed since the last call; returns how many.

    The position moves in the same transaction: a run that is interrupted is repeated.

    Raises:
        LakeConflictError: another program writes the lists of this table at the same time.
    """
    if lake.storage.is_local:
        return 0
    with writing(lake.engine) as connection:
        position = read_position(connection, table_name, SOURCE)
        until = read_current(connection, table_name)
        if position == until:
            return 0
        write_position(connection, table_name, SOURCE, until, before=position)
        days = _read_changed_days(connection, table_name, position, until)
        files: dict[date, list[str]] = defaultdict(list)
        for file in read_files(connection, table_name, at=until, days=days):
            files[file.day].append(f"s3://{lake.storage.locate(file.path)}\n")
        for day in days:
            path = list_path(table_name, day)
            if day in files:
                lake.storage.write(path, "".join(files[day]).encode())
            else:
                lake.storage.delete(path)
    return len(days)


def _read_changed_days(
    connection: Connection, table_name: str, after: int, until: int
) -> list[date]:
    """The days whose files differ between two snapshots, by compaction too."""
    table = lake_files.c
    changed = or_(
        and_(table.added_in > after, table.added_in <= until),
        and_(table.removed_in > after, table.removed_in <= until),
    )
    query = select(table.day).where(table.table_name == table_name, changed)
    return list(connection.execute(query.distinct().order_by(table.day)).scalars())
