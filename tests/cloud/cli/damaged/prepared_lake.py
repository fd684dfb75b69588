"""A lake of seven days, and six faults of its files: each has a day, and the last day is sound.

Every day has two reports in the trusted zone and in the marts, which are not published. In the
folder `pending` each day has one more landed report; in `promoted` only the last day has, and it
is not landed yet. The folders are written once in each process of tests.
"""

import functools
import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import update

from cloud.database import reading, writing
from cloud.database.lake import lake_files
from cloud.ingest import report_store
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import land_reports
from cloud.lake.manifest import DataFile, read_files
from cloud.lake.raw.reports import promote_reports
from cloud.lake.storage import open_storage
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.marts.build import build_changed_days
from cloud.marts.engine import LakeFiles, MartInputs
from simulators.synthetic.cameras import render_sites_file
from tests.cloud.conftest import Reports
from tests.cloud.databases import new_engine
from tests.cloud.marts.audience_rows import CAMERAS, sites
from tests.cloud.marts.mart_rows import hour, metrics

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS: Final = [date(2026, 11, 13) + timedelta(days=number) for number in range(7)]
SOUND: Final = DAYS[-1]
CAMERA: Final = CAMERAS[0].address
TABLES: Final = {
    "landing": "landing.audience_reports",
    "raw": "raw.audience_reports",
    "trusted": "trusted.audience_reports",
    "curated": "curated.audience_metrics",
}
"""The damaged table of each zone."""
LARGE: Final = 1 << 62
"""The sum of two is no 64-bit integer."""
POISONED: Final = {"landing": ("body", "{"), "curated": ("onlookers", LARGE)}
"""By zone, a column and a value that it must not have; in other zones `visits`."""


class OneHour:
    """An engine whose marts have one hour a day; those of four locations take much longer."""

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        if result is not AUDIENCE_METRICS:
            return result.schema.append(pa.field(DAY, pa.date32())).empty_table()
        reports = inputs[TABLES["trusted"].replace(".", "_")]
        assert isinstance(reports, LakeFiles)
        day = reports.files[0].day
        return metrics(hour(CAMERA.location, day, visits=4, onlookers=2))


def open_lake(folder: Path | str) -> Lake:
    return Lake(open_storage(f"{folder}/lake"), new_engine(folder))


def copy_lake(name: str, folder: Path, report: Reports) -> None:
    shutil.copytree(Path(_write_lakes(report).name, name), folder, dirs_exist_ok=True)


_written: list[TemporaryDirectory[str]] = []


def _write_lakes(report: Reports) -> TemporaryDirectory[str]:
    if not _written:
        _written.append(TemporaryDirectory())
        promoted, pending = (Path(_written[0].name, name) for name in ("promoted", "pending"))
        promoted.mkdir()
        (promoted / "sites.yaml").write_text(render_sites_file(CAMERAS))
        lake = open_lake(promoted)
        for number in (1, 2):
            _land(lake, report, DAYS, number)
            list(promote_reports(lake, now=NOW))
        list(promote_days(lake, contracted_tables(), now=NOW))
        list(build_changed_days(lake, OneHour(), sites(), now=NOW))
        lake.engine.dispose()
        shutil.copytree(promoted, pending)
        lake = open_lake(pending)
        _land(lake, report, DAYS, 3)
        lake.engine.dispose()
        lake = open_lake(promoted)
        _receive(lake, report, [SOUND], 3)
        lake.engine.dispose()
    return _written[0]


def _land(lake: Lake, report: Reports, days: Iterable[date], number: int) -> None:
    _receive(lake, report, days, number)
    list(land_reports(lake, now=NOW))


def _receive(lake: Lake, report: Reports, days: Iterable[date], number: int) -> None:
    received = [
        report(
            10 * day.day + number, location=CAMERA.location, device=CAMERA.device,
            starts_at=datetime(day.year, day.month, day.day, 9, number, tzinfo=UTC),
        )
        for day in days
    ]  # fmt: skip
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, received, NOW)


def damage(lake: Lake, zones: Sequence[str], faults: Sequence[str] = ()) -> None:
    """Give each day but the last one a fault in its newest file of each zone."""
    for zone in zones:
        with reading(lake.engine) as connection:
            newest = {file.day: file for file in read_files(connection, TABLES[zone])}
        for fault in faults or FAULTS:
            FAULTS[fault](lake, zone, newest[DAY_OF[fault]])


def _commit_rows(lake: Lake, file: DataFile, rows: pa.Table) -> None:
    """As a faulty program would have committed them: the manifest agrees with the file."""
    path = Path(lake.storage.locate(file.path))
    pq.write_table(rows, path)
    content = path.read_bytes()
    changes = {"size_bytes": len(content), "sha256": sha256(content).hexdigest()}
    with writing(lake.engine) as connection:
        connection.execute(
            update(lake_files).where(lake_files.c.path == file.path).values(**changes)
        )


def _read_rows(lake: Lake, file: DataFile) -> pa.Table:
    return pq.ParquetFile(lake.storage.locate(file.path)).read()


def _change_type(lake: Lake, zone: str, file: DataFile) -> None:
    rows = _read_rows(lake, file)
    at = rows.schema.get_field_index(_integer_of(zone))
    _commit_rows(lake, file, rows.set_column(at, _integer_of(zone), rows.column(at).cast("string")))


def _remove_column(lake: Lake, zone: str, file: DataFile) -> None:
    _commit_rows(lake, file, _read_rows(lake, file).drop_columns([_integer_of(zone)]))


def _integer_of(zone: str) -> str:
    return "first_sequence" if zone == "landing" else "visits"


def _repeat_rows(lake: Lake, zone: str, file: DataFile) -> None:
    rows = _read_rows(lake, file)
    _commit_rows(lake, file, pa.concat_tables([rows, rows]))


def _poison(lake: Lake, zone: str, file: DataFile) -> None:
    rows = _read_rows(lake, file)
    column, value = POISONED.get(zone, ("visits", LARGE))
    at = rows.schema.get_field_index(column)
    values = pa.array([value] * len(rows), rows.schema.field(at).type)
    _commit_rows(lake, file, rows.set_column(at, rows.schema.field(at), values))


def _change_bytes(change: Callable[[bytes], bytes], lake: Lake, zone: str, file: DataFile) -> None:
    path = Path(lake.storage.locate(file.path))
    path.write_bytes(change(path.read_bytes()))


FAULTS: Final[dict[str, Callable[[Lake, str, DataFile], None]]] = {
    "wrong type": _change_type,
    "missing column": _remove_column,
    "duplicate keys": _repeat_rows,
    "poisoned row": _poison,
    "truncated": functools.partial(_change_bytes, lambda content: content[: len(content) // 2]),
    "changed": functools.partial(
        _change_bytes, lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:]
    ),
}
DAY_OF: Final = dict(zip(FAULTS, DAYS, strict=False))
