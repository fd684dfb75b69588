"""Liveness, readiness, and the age of the newest measurement."""

from datetime import timedelta

from cloud import database
from cloud.app.context import AppContext


def test_an_empty_database_is_ready_and_says_that_nothing_has_come(ask):
    assert ask.get("/healthz").json() == {"status": "alive"}
    assert ask.get("/readyz").json() == {
        "status": "ready",
        "locations": 8,
        "latest_report_at": None,
        "latest_report_age_s": None,
    }


def test_readiness_says_how_old_the_newest_report_is(ask, context: AppContext, clock):
    with database.writing(context.engine) as connection:
        connection.execute(
            database.report_streams.insert().values(
                device="kx-01-cam-1",
                stream_id="0123456789abcdef",
                location="KX-01",
                through=4,
                received_ranges="[]",
                acknowledged_at=clock.now - timedelta(seconds=12.5),
            )
        )

    assert ask.get("/readyz").json()["latest_report_age_s"] == 12.5
