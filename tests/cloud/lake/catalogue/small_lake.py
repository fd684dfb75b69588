"""A lake of two days with known figures, written once in each process of tests."""

import functools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from tempfile import TemporaryDirectory

from cloud.database import writing
from cloud.lake.catalogue.facts import TableFacts, read_facts
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import place_hold
from cloud.lake.registry import find_table
from cloud.lake.storage import open_storage
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.writer import append_all
from tests.cloud.conftest import NINE
from tests.cloud.databases import new_engine
from tests.cloud.lake.trusted.rows import build_rows, merge, to_raw

TODAY, YESTERDAY = NINE.date(), NINE.date() - timedelta(days=1)
PROMOTED = datetime(TODAY.year, TODAY.month, TODAY.day, 23, tzinfo=UTC)
WRITTEN = PROMOTED + timedelta(hours=27)
EXAMINED = (
    "landing.audience_reports", "raw.audience_sensors",
    "trusted.audience_reports", "trusted.rule_results", "curated.audience_metrics",
)  # fmt: skip
HOSTILE = "</td><script>alert(1)</script>"


@contextmanager
def open_small_lake() -> Iterator[Lake]:
    """A copy of the small lake, which a test may change."""
    with TemporaryDirectory() as folder:
        shutil.copytree(_write_small_lake().name, folder, dirs_exist_ok=True)
        lake = _open(folder)
        yield lake
        lake.engine.dispose()


@functools.cache
def _write_small_lake() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory()
    lake = _open(folder.name)
    fill_lake(lake)
    lake.engine.dispose()
    return folder


def fill_lake(lake: Lake) -> None:
    """Yesterday one report; today four, of which one breaks a rule with hostile content."""
    rows = merge(
        build_rows(1, starts_at=NINE - timedelta(days=1)),
        *(build_rows(number) for number in (2, 3, 4, 5)),
    )
    for number, row in enumerate(rows["audience_reports"]):
        row["entries"] = (0, 0, 4, 11, 0)[number]
    rows["audience_reports"][4]["location"] = HOSTILE
    rows["audience_reports"][2]["agent_version"] = HOSTILE
    parts = [to_raw(*part) for part in rows.items()]
    append_all(lake, parts, now=PROMOTED - timedelta(hours=1))
    list(promote_days(lake, contracted_tables(), now=PROMOTED))
    days = (date(2026, 11, 1), date(2026, 11, 2))
    with writing(lake.engine) as connection:
        place_hold(connection, "raw.audience_reports", days, "case 17", "operator", PROMOTED)


def _open(folder: str) -> Lake:
    return Lake(open_storage(f"{folder}/lake"), new_engine(folder))


@functools.cache
def small_facts() -> dict[str, TableFacts]:
    """Of the tables that the tests name."""
    with open_small_lake() as lake:
        found = read_facts(lake, [find_table(name) for name in EXAMINED])
    return {one.table.full_name: one for one in found}
