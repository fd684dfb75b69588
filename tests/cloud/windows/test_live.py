"""Whoever looks again hears of every place that changed, late counts included."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from cloud.database import reading
from cloud.ingest.commit import commit
from cloud.ingest.judge import judge
from cloud.ingest.source import Delivery
from cloud.windows.live import touched_since
from wire.audience import AudienceReport
from wire.envelope import audience_event, seal

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
YESTERDAY = NOON - timedelta(days=1)


def test_a_place_is_touched_since_the_earliest_minute_of_its_last_batch(
    engine: Engine, report: Callable[..., AudienceReport]
) -> None:
    def counted(at: datetime, *reports: AudienceReport) -> None:
        findings = [
            finding
            for one in reports
            for finding in judge(
                Delivery(f"onlooker/v1/{one.location}/{one.device}/audience",
                         seal(audience_event(one))),
                knows=lambda *_: True,
                now=at,
            )
        ]  # fmt: skip
        commit(engine, findings, at)

    lb = {"location": "LB-01", "device": "lb-01-cam-1"}
    counted(NOON, report(1, starts_at=NOON), report(1, starts_at=NOON, **lb))
    counted(NOON + timedelta(seconds=30), report(2, starts_at=YESTERDAY), report(3, starts_at=NOON))
    with reading(engine) as connection:
        everything = touched_since(connection, NOON - timedelta(minutes=1))
        news = touched_since(connection, NOON + timedelta(seconds=10))
    assert [one.location for one in everything] == ["LB-01", "KX-01"]
    assert [(one.location, one.since_at) for one in news] == [("KX-01", YESTERDAY)]
