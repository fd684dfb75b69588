"""Check files before their rows are read: as committed, readable, with the table's columns."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from cloud.lake.manifest import DataFile
from cloud.lake.storage import Storage
from cloud.lake.tables import LakeTable
from cloud.lake.verification import find_faults


def find_refusal(storage: Storage, table: LakeTable, files: Sequence[DataFile]) -> str | None:
    """Why rows of these files cannot be promoted; None when all of them can be read."""
    for file in files:
        for fault in find_faults(storage, file.path, file.size_bytes, file.sha256):
            return (
                f"{file.path} is {fault.fault}: {fault.detail}. Restore it from a copy and run "
                "`python -m cloud lake update`"
            )
        for reason in _find_contradictions(storage, table, file):
            return f"{file.path}: {reason}"
    return None


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
