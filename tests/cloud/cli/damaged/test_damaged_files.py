"""Six faults of files at once, in each zone, under each command that reads it.

No command ends with an exception. Each names the day and the reason, completes the sound day and
deletes nothing. Rows with equal keys and poisoned rows are quarantined or stopped where their
rules are checked. The nightly run has damaged files in all zones.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from sqlalchemy import text

from cloud.cli import marts
from cloud.cli.lake import commands
from cloud.cli.nightly import commands as nightly
from cloud.cli.nightly.sales_steps import SalesSteps
from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.raw.reports import promote_reports
from cloud.lake.reader import read_table
from cloud.lake.registry import all_tables, find_table
from cloud.nightly.steps import StepResult
from tests.cloud.cli.damaged.prepared_lake import (
    DAY_OF,
    DAYS,
    NOW,
    SOUND,
    TABLES,
    copy_lake,
    damage,
    open_lake,
)
from tests.cloud.conftest import Reports

Reasons = Mapping[str, str]
Run = Callable[..., tuple[int, str]]
CHANGED: Final = {"truncated": " bytes, expected ", "changed": "SHA-256 "}
"""Reasons by fault, where files are compared with the manifest."""
UNREADABLE: Final = CHANGED | {
    "wrong type": " of type string; expected int64",
    "missing column": " is missing; expected int64",
}  # fmt: skip
"""The same where their columns are checked too."""
POISONED: Final = {"poisoned row": "rows break the rule onlookers_within_visits"}
BROKEN: Final = UNREADABLE | {
    "duplicate keys": "1 of 2 rows break the rule unique_identity",
    **POISONED,
}
TOO_LARGE: Final = {"poisoned row": "cannot be computed from the rows of trusted.audience_reports"}


def count_trusted(lake: Lake) -> int:
    return read_table(lake, find_table(TABLES["trusted"]), days=[SOUND]).num_rows


def count_files(zone: str) -> Callable[[Lake], int]:
    def count(lake: Lake) -> int:
        with reading(lake.engine) as connection:
            return len(read_files(connection, TABLES[zone], days=[SOUND]))

    return count


def sum_published(lake: Lake) -> int:
    query = text("SELECT sum(visits) FROM mart_audience_metrics WHERE day = :day")
    with reading(lake.engine) as connection:
        return int(connection.execute(query, {"day": str(SOUND)}).scalar_one())


@dataclass(frozen=True)
class Case:
    """A command on a lake with damaged zones: what it ends with, names, writes and completes."""

    module: ModuleType
    words: str
    zones: str
    status: int
    reasons: Reasons = field(default_factory=dict)
    writes: str = ""
    completes: tuple[Callable[[Lake], int], int] | None = None
    folder: str = "pending"


SINCE: Final = f"build --since {DAYS[0]}"
COMPACT: Final = "compact --min-files 2"
CASES: Final = [
    Case(commands, "update", "landing", 1, UNREADABLE,
         "3 reports promoted to the raw zone, 1 quarantined", (count_trusted, 3)),
    Case(commands, "update", "raw", 1, UNREADABLE,
         "8 rows of 7 days promoted to the trusted zone, 2 quarantined", (count_trusted, 3)),
    Case(commands, "update", "trusted curated", 0, {},
         "3 rows of 1 days promoted to the trusted zone, 0 quarantined", (count_trusted, 3),
         "promoted"),
    Case(commands, COMPACT, "landing", 1, UNREADABLE,
         "landing.audience_reports: 3 days compacted", (count_files("landing"), 1)),
    Case(commands, COMPACT, "raw", 1, UNREADABLE,
         "raw.audience_reports: 3 days compacted", (count_files("raw"), 1)),
    Case(commands, "compact --min-files 3", "trusted curated", 0, {},  # one file a day
         "curated.audience_metrics: 0 days compacted", (count_files("curated"), 1), "promoted"),
    *(Case(commands, "verify", zone, 1, CHANGED, "2 faults") for zone in TABLES),
    Case(commands, "expire", "landing raw trusted curated", 0, {}, "0 deleted"),
    Case(marts, SINCE, "trusted", 1, UNREADABLE | TOO_LARGE,
         f"{SOUND}: audience_demographics_hourly 0, audience_metrics 96"),
    Case(marts, "build", "curated", 1, {"wrong type": UNREADABLE["wrong type"]},
         "stopped: seasons: "),
    Case(marts, "publish", "curated", 1, BROKEN,
         "mart_audience_metrics: 1 days, 1 rows", (sum_published, 4)),
    Case(nightly, "", "landing raw trusted curated", 3, UNREADABLE | POISONED,
         f"catalogue: done, {len(all_tables()) + 2} rows", (sum_published, 6)),
]  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Callable[[], Lake]]:
    opened: list[Lake] = []

    def get() -> Lake:
        opened.append(open_lake(tmp_path))
        return opened[-1]

    yield get
    for one in opened:
        one.engine.dispose()


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> Run:
    """Run a command; returns its status, and what it has written."""
    for name in ("forecast", "publish_prices"):
        monkeypatch.setattr(SalesSteps, name, lambda self: StepResult(0))

    def run(module: ModuleType, *words: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        common = ["--database", f"sqlite:///{tmp_path}/onlooker.db", "--lake", f"{tmp_path}/lake"]
        if module is not commands:
            common += ["--sites", f"{tmp_path}/sites.yaml"]
        status = module.run(parser.parse_args([*common, *words]), lambda: NOW)
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return run


def find_stopped_days(written: str) -> set[str]:
    """The days in lines about what was left out, or differs."""
    lines = [line for line in written.splitlines() if re.search("stopped|skipped|^changed ", line)]
    return {day for line in lines for day in re.findall(r"\d{4}-\d\d-\d\d", line)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.words or 'nightly'}-{case.zones}")
def test_damaged_days_are_named_and_others_completed(
    case: Case, tmp_path: Path, report: Reports, lake, run: Run
):
    copy_lake(case.folder, tmp_path, report)
    damaged = lake()
    damage(damaged, case.zones.split())
    before = set(damaged.storage.list_files())
    status, written = run(case.module, *case.words.split())
    assert (status, "Traceback" in written) == (case.status, False), written
    assert case.writes in written
    for fault, reason in case.reasons.items():
        day = str(DAY_OF[fault])
        assert any(day in line and reason in line for line in written.splitlines()), written
    assert find_stopped_days(written) == {str(DAY_OF[fault]) for fault in case.reasons}
    assert before <= set(damaged.storage.list_files()), "files were deleted"
    if case.completes is not None:
        measure, expected = case.completes
        assert measure(damaged) == expected


@pytest.mark.parametrize("zone", TABLES)
def test_a_query_of_sound_days_is_answered_and_one_of_all_is_refused(
    zone: str, tmp_path: Path, report: Reports, lake, run: Run
):
    copy_lake("promoted", tmp_path, report)
    damage(lake(), [zone])
    sql = f"SELECT count(*) AS n FROM {TABLES[zone].replace('.', '_')}"
    status, written = run(commands, "query", f"{sql} WHERE day = DATE '{SOUND}'")
    assert (status, int(written.split()[1]) > 0) == (0, True)
    status, written = run(commands, "query", sql)
    assert status == 2
    assert f"day={DAY_OF['truncated']}/" in written
    assert written.endswith("; `python -m cloud lake verify` lists damaged files\n")


def test_marts_of_many_days_with_sums_that_do_not_fit_are_left_as_they_are(
    tmp_path: Path, report: Reports, lake, run: Run
):
    copy_lake("promoted", tmp_path, report)
    damage(lake(), ["curated"], ["poisoned row"])
    status, written = run(marts, "build")
    assert status == 1
    found = [line for line in written.splitlines() if "cannot be computed from the rows" in line]
    assert [line.split(":")[:2] for line in found] == [["stopped", " profiles"],
                                                       ["stopped", " seasons"]]  # fmt: skip


def test_landed_files_that_are_restored_are_promoted_together(
    tmp_path: Path, report: Reports, lake
):
    copy_lake("pending", tmp_path, report)
    sound = {path: path.read_bytes() for path in (tmp_path / "lake" / "landing").rglob("*.parquet")}
    restored = lake()
    damage(restored, ["landing"], list(CHANGED))
    assert [(one.promoted, one.skipped) for one in promote_reports(restored, now=NOW)] == [(5, 2)]
    for path, content in sound.items():
        path.write_bytes(content)
    assert [(one.promoted, one.skipped) for one in promote_reports(restored, now=NOW)] == [
        (1, 0)
    ] * 2
    assert read_table(restored, find_table(TABLES["raw"])).num_rows == 3 * len(DAYS)
