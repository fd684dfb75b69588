"""Land committed audience reports: each row of the database once, with the report as received."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import pyarrow as pa

from cloud.database import reports
from cloud.database.rollups import lock_for_moving
from cloud.lake.lake import Lake
from cloud.lake.landing.table_rows import BATCH_ROWS, TableRows, land_rows
from cloud.lake.manifest import Snapshot
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone

LANDED_REPORTS: Final = LakeTable(
    Zone.LANDING,
    "audience_reports",
    (
        LakeColumn("id", pa.int64(), "number of the row in the database"),
        LakeColumn("device", pa.string(), "device that sent the report"),
        LakeColumn("stream_id", pa.string(), "report stream of the device"),
        LakeColumn("first_sequence", pa.int64(), "first sequence number that it covers"),
        LakeColumn("last_sequence", pa.int64(), "last sequence number that it covers"),
        LakeColumn("location", pa.string(), "location of the device"),
        LakeColumn("starts_at", TIMESTAMP, "start of its interval; its UTC date is the day"),
        LakeColumn("received_at", TIMESTAMP, "when it was committed"),
        LakeColumn("body", pa.string(), "the report as JSON"),
    ),
    sort_by=("location", "device", "starts_at"),
)
REPORT_ROWS: Final = TableRows(
    reports,
    LANDED_REPORTS,
    dated_by="starts_at",
    wait=lambda connection, _: lock_for_moving(connection),  # all that write reports hold it
)


def land_reports(lake: Lake, *, now: datetime, batch_rows: int = BATCH_ROWS) -> Iterator[Snapshot]:
    """Append all reports that were committed since the last run; see `land_rows`."""
    return land_rows(lake, replace(REPORT_ROWS, batch_rows=batch_rows), now=now)
