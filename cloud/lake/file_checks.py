"""Check files before their rows are read: as committed, readable, with the table's columns."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from cloud.lake.manifest import DataFile
from cloud.lake.storage import Storage
from cloud.lake.tables import LakeTable, Zone
from cloud.lake.verification import find_faults


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
    try:
        with storage.open(file.path) as source:
            found: pa.Schema = pq.read_schema(source)
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
