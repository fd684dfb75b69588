"""The alert `nightly.late`."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.nightly_runs import measure_nightly_run
from cloud.alerting.rules import AlertKind
from cloud.database.nightly import nightly_runs
from cloud.nightly.runs import RunStatus
from tests.cloud.databases import SQLITE_ONLY

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def insert_run(connection: Connection, started_h_ago: float, status: RunStatus) -> None:
    started_at = NOW - started_h_ago * HOUR
    connection.execute(
        nightly_runs.insert(),
        {"status": status, "started_at": started_at, "ended_at": started_at + HOUR},
    )


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("found", "hours", "message"),
    [
        ([], None, None),
        ([(27, RunStatus.COMPLETE)], 26,
         "the last complete nightly run ended at 2026-11-19 01:00Z"),
        ([(27, RunStatus.COMPLETE), (3, RunStatus.FAILED)], 26, None),
        ([(30, RunStatus.FAILED), (2, RunStatus.FAILED)], 30,
         "no nightly run is complete since 2026-11-18 21:00Z"),
    ],
)  # fmt: skip
def test_the_age_is_that_of_the_last_complete_run(connection, found, hours, message):
    for run in found:
        insert_run(connection, *run)
    measures = list(measure_nightly_run(connection, NOW))
    assert [one.value for one in measures] == ([] if hours is None else [hours])
    if message:
        assert measures[0].message == message


@SQLITE_ONLY
def test_a_late_run_raises_the_alert_and_a_complete_one_clears_it(connection: Connection):
    insert_run(connection, 27.1, RunStatus.COMPLETE)
    (early,) = apply_measures(connection, measure_nightly_run(connection, NOW), NOW)
    assert (early.kind, early.location, early.change) == (AlertKind.NIGHTLY_LATE, "", "raised")
    insert_run(connection, 0.9, RunStatus.COMPLETE)
    later = NOW + HOUR
    (cleared,) = apply_measures(connection, measure_nightly_run(connection, later), later)
    assert cleared.change == "cleared"
