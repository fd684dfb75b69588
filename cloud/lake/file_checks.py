"""Check files before their rows are read: as committed, readable, with the table's columns.

A storage that fails, such as a request to S3 that is refused, says nothing about a file: its
OSError is raised, and no file is skipped or dropped because of it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from cloud.lake.manifest import DataFile
from cloud.lake.storage import Storage
from cloud.lake.tables import LakeTable, Zone
from cloud.lake.verification import find_faults

FOOTER_BYTES: Final = 65_536
"""Read from the end of a file at first; more where its footer is longer."""


class DamagedFileError(ValueError):
    """A file of the lake is missing, or is not what was committed."""


def require_readable(storage: Storage, table: LakeTable, files: Sequence[DataFile]) -> None:
    """Raise DamagedFileError for the first file whose rows cannot be used."""
    if reason := find_refusal(storage, table, files):
        raise DamagedFileError(reason)


def find_refusal(storage: Storage, table: LakeTable, files: Sequence[DataFile]) -> str | None:
    """Why rows of these files cannot be used; None when all of them can be read."""
    return next((reason for file in files for reason in _find_reasons(storage, table, file)), None)


def _find_reasons(storage: Storage, table: LakeTable, file: DataFile) -> Iterator[str]:
    for fault in find_faults(storage, file.path, file.size_bytes, file.sha256):
        yield f"{file.path} is {fault.fault}: {fault.detail}. {_describe_remedy(table, file)}"
        return
    for reason in _find_contradictions(storage, table, file):
        yield f"{file.path}: {reason}. {_describe_remedy(table, file)}"


def _describe_remedy(table: LakeTable, file: DataFile) -> str:
    day = file.day.isoformat()
    command = {
        Zone.LANDING: "lake drop",
        Zone.RAW: f"lake rebuild --first-on {day} --last-on {day}",
        Zone.TRUSTED: f"lake replay --first-on {day} --last-on {day}",
        Zone.CURATED: f"marts build --since {day}",
    }[table.zone]
    return f"Restore it from a copy, or run `python -m cloud {command}`"


def _find_contradictions(storage: Storage, table: LakeTable, file: DataFile) -> Iterator[str]:
    footer = _read_footer(storage, file.path)
    try:
        found: pa.Schema = pq.read_schema(pa.BufferReader(footer))
    except (pa.ArrowInvalid, OSError) as error:
        yield f"is not readable as Parquet: {str(error).splitlines()[0]}"
        return
    for column in table.columns:
        if column.since > file.schema_version:
            continue
        if column.name not in found.names:
            yield f"column {column.name} is missing; expected {column.type}"
        elif found.field(column.name).type != column.type:
            kind = found.field(column.name).type
            yield f"found column {column.name} of type {kind}; expected {column.type}"


def _read_footer(storage: Storage, path: str) -> bytes:
    """The end of a file, with the description of its columns where it is Parquet."""
    with storage.open(path) as source:
        size = source.size()
        source.seek(max(0, size - FOOTER_BYTES))
        end: bytes = source.read()
        length = int.from_bytes(end[-8:-4], "little") + 8
        if length > len(end):
            source.seek(max(0, size - length))
            end = source.read()
    return end
