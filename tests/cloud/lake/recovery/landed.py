"""A lake with landed reports that a test may damage, written once in each process of tests."""

from datetime import timedelta
from pathlib import Path

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.reader import read_table
from cloud.lake.tables import LakeTable
from tests.cloud.conftest import NINE

TODAY, YESTERDAY = NINE.date(), NINE.date() - timedelta(days=1)


def find_file(landed: Lake, table: LakeTable) -> tuple[str, Path]:
    """Of today."""
    with reading(landed.engine) as connection:
        (file,) = read_files(connection, table.full_name, days=[TODAY])
    return file.path, Path(landed.storage.locate(file.path))


def numbers(landed: Lake) -> list[int]:
    return sorted(read_table(landed, RAW_REPORTS).column("first_sequence").to_pylist())
