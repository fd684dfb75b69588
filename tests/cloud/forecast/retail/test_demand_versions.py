"""One version is active; the versions before it are kept with their scores."""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Engine

from cloud.database import writing
from cloud.forecast.retail.demand_versions import (
    DemandVersion,
    VersionStatus,
    read_active_version,
    read_versions,
    write_version,
)
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY
NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
FIRST = DemandVersion(
    version="shrunk-1@2026-11-30",
    model="shrunk",
    status=VersionStatus.ACTIVE,
    chosen_at=NOW,
    trained_at=NOW,
    first_on=date(2025, 1, 6),
    last_on=date(2026, 11, 16),
    series=12,
    weeks=900,
    settings={"cross_sd": 0.4},
    scores={"test": {"wmape": 0.2, "mape": None}},
    drift={},
)


def test_a_new_version_retires_the_one_before(engine: Engine):
    later = replace(FIRST, version="seasonal-1@2026-12-07", model="seasonal",
                    chosen_at=NOW.replace(day=1, month=12))  # fmt: skip
    with writing(engine) as connection:
        assert read_active_version(connection) is None
        write_version(connection, FIRST)
        write_version(connection, replace(FIRST, weeks=950))
        assert read_active_version(connection) == replace(FIRST, weeks=950)
        write_version(connection, later)
        assert read_active_version(connection) == later
        newest, oldest = read_versions(connection)
    assert newest == later
    assert oldest.status is VersionStatus.RETIRED
    assert oldest.scores == FIRST.scores
