"""Tables about the lake: its manifest, and the uploads and runs of data products."""

from cloud.database.lake.manifest import (
    TABLE_NAME,
    lake_built_days,
    lake_files,
    lake_holds,
    lake_positions,
    lake_skipped_files,
    lake_snapshots,
)

__all__ = [
    "TABLE_NAME",
    "lake_built_days",
    "lake_files",
    "lake_holds",
    "lake_positions",
    "lake_skipped_files",
    "lake_snapshots",
]
