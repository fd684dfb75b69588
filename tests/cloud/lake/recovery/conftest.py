"""A lake with landed reports that a test may damage, written once in each process of tests."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from cloud.database import reports, writing
from cloud.ingest import report_store
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import land_reports
from cloud.lake.raw.reports import promote_reports
from cloud.lake.storage import open_storage
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_engine
from tests.cloud.lake.conftest import NOW

_written: list[Path] = []


def write_lake(folder: Path, report: Reports) -> None:
    """Today two reports, of which one cannot be read; yesterday one."""
    lake = Lake(open_storage(str(folder / "lake")), new_engine(folder))
    received = [report(1), report(2), report(3, starts_at=NINE - timedelta(days=1))]
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, received, NINE)
        connection.execute(update(reports).where(reports.c.first_sequence == 2).values(body="{"))
    list(land_reports(lake, now=NOW))
    list(promote_reports(lake, now=NOW))
    lake.engine.dispose()


@pytest.fixture
def landed(tmp_path: Path, report: Reports, tmp_path_factory) -> Iterator[Lake]:
    if not _written:
        folder = tmp_path_factory.mktemp("landed")
        write_lake(folder, report)
        _written.append(folder)
    shutil.copytree(_written[0], tmp_path, dirs_exist_ok=True)
    lake = Lake(open_storage(str(tmp_path / "lake")), new_engine(tmp_path))
    yield lake
    lake.engine.dispose()
