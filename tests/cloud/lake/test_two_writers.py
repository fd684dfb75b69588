"""Two programs at once: both commit, or one ends with a conflict; no row is lost or doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

from sqlalchemy import func, select

from cloud.database import reading, reports, writing
from cloud.ingest import report_store
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS, land_reports
from cloud.lake.lifecycle import delete_expired, retire
from cloud.lake.manifest import LakeConflictError, read_files
from cloud.lake.raw.audience import RAW_REPORTS, RAW_SENSORS
from cloud.lake.raw.reports import promote_reports
from cloud.lake.reader import read_table
from cloud.lake.recovery.drop import DropError, drop_file
from cloud.lake.recovery.rebuild import rebuild_days
from cloud.lake.verification import verify
from cloud.lake.writer import append
from tests.cloud.conftest import NINE, Reports
from tests.cloud.lake.conftest import NOW
from tests.cloud.lake.trusted.rows import build_rows, to_raw

LATER = NOW + timedelta(days=20)
YESTERDAY = NINE - timedelta(days=1)


PAIRS = (
    ("land", "land"), ("promote", "promote"), ("compact", "compact"), ("expire", "expire"),
    ("rebuild", "rebuild"), ("drop", "drop"), ("promote", "rebuild"), ("promote", "compact"),
    ("compact", "rebuild"), ("compact", "expire"), ("land", "promote"),
)  # fmt: skip
"""The same work twice, and works that read and replace the same files."""


def list_sensor_files(lake: Lake) -> list[str]:
    with reading(lake.engine) as connection:
        files = read_files(connection, RAW_SENSORS.full_name, days=[YESTERDAY.date()])
    return [file.path for file in files]


def compact_all(lake: Lake) -> None:
    for table in (LANDED_REPORTS, RAW_REPORTS):
        list(compact(lake, table, now=NOW, min_files=2))


def expire(lake: Lake) -> None:
    retire(lake, now=LATER)
    delete_expired(lake, now=LATER)


def drop(lake: Lake) -> None:
    for path in list_sensor_files(lake):
        drop_file(lake, path, reason="damaged", actor="ann", now=NOW)


WRITERS: dict[str, Callable[[Lake], object]] = {
    "land": lambda lake: list(land_reports(lake, now=NOW)),
    "promote": lambda lake: list(promote_reports(lake, now=NOW)),
    "compact": compact_all,
    "expire": expire,
    "rebuild": lambda lake: list(rebuild_days(lake, [NINE.date()], now=NOW)),
    "drop": drop,
}


def prepare(lake: Lake, report: Reports, number: int) -> None:
    """A report to promote, one to land, and a damaged file to drop."""
    for one in (number, number + 1):
        with writing(lake.engine) as connection:
            report_store.write_reports(connection, [report(one)], NINE)
        if one == number:
            list(land_reports(lake, now=NOW))
    rows = build_rows(number, starts_at=YESTERDAY)["audience_sensors"]
    append(lake, *to_raw("audience_sensors", rows), now=NOW)
    for path in list_sensor_files(lake):
        Path(lake.storage.locate(path)).write_bytes(b"x")


def run_together(lake: Lake, names: tuple[str, str]) -> list[str]:
    """The errors of two programs that start at the same time."""
    barrier = Barrier(2)

    def run(name: str) -> str | None:
        barrier.wait()
        try:
            WRITERS[name](lake)
        except (LakeConflictError, DropError) as error:
            return str(error)
        return None

    with ThreadPoolExecutor(2) as pool:
        return [error for error in pool.map(run, names) if error]


def test_every_pair_of_writers_keeps_every_row_once(lake: Lake, report: Reports):
    is_concurrent = lake.engine.dialect.name == "postgresql"  # SQLite has a single writer
    for turn, names in enumerate(PAIRS if is_concurrent else PAIRS[::3]):
        prepare(lake, report, 2 * turn + 1)
        errors = run_together(lake, names)
        assert len(errors) <= 1, f"{names}: {errors}"
        for name in ("land", "promote", "drop"):
            WRITERS[name](lake)
        with reading(lake.engine) as connection:
            expected = connection.execute(select(func.count(reports.c.id))).scalar()
        for table in (LANDED_REPORTS, RAW_REPORTS):
            found = read_table(lake, table).column("first_sequence").to_pylist()
            assert sorted(found) == list(range(1, (expected or 0) + 1)), f"{names}: {table.name}"
        assert [one for one in verify(lake) if one.is_current and one.fault != "unlisted"] == []
