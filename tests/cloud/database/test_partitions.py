"""PostgreSQL stores every row whatever its time, and deletes old ones a partition at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, inspect, select, text

from cloud.database import minute_tallies, partitions, reading, reports, writing
from cloud.database.partitions import PartitionMaker, drop_before, make_partitions
from cloud.ingest.commit import commit
from cloud.ingest.retention import RetentionPeriods, apply_retention
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import ValidationResult, validate
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

FAR: datetime = datetime(2042, 3, 12, 9, 0, tzinfo=UTC)  # a Wednesday; weeks begin on Thursdays
EARLY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)

Reports = Callable[..., AudienceReport]

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def findings(report: AudienceReport, now: datetime) -> list[ValidationResult]:
    topic = f"onlooker/v1/{report.location}/{report.device}/audience"
    delivery = Delivery(topic, encode_event(audience_event(report)))
    return list(validate(delivery, is_listed=lambda *_: True, now=now))


def held_in(engine: Engine, table: str) -> list[str]:
    with reading(engine) as connection:
        rows = connection.execute(text(f"SELECT tableoid::regclass::text FROM {table}"))
        return sorted(rows.scalars())


def test_partitions_are_made_for_today_and_two_weeks_and_only_once(engine: Engine) -> None:
    made = make_partitions(engine, FAR)
    assert len(made) == 15 + 3 * 3
    assert made[0] == "reports_20420312"
    assert made[-1] == "minute_sensors_20420320"
    assert make_partitions(engine, FAR) == []


def test_a_row_goes_to_its_day_and_without_one_to_the_default(
    engine: Engine, report: Reports
) -> None:
    make_partitions(engine, FAR)
    for number, at in enumerate((FAR, FAR + DAY, FAR + 30 * DAY), start=1):
        commit(engine, findings(report(number, starts_at=at), at), at)
    commit(engine, findings(report(4), EARLY), FAR)  # twenty years late
    assert held_in(engine, "reports") == [
        "reports_20420312", "reports_20420312", "reports_20420313", "reports_default",
    ]  # fmt: skip
    assert held_in(engine, "minute_tallies") == [
        "minute_tallies_20420306", "minute_tallies_20420313", "minute_tallies_before",
        "minute_tallies_default",
    ]  # fmt: skip


def test_a_day_that_the_default_holds_already_stays_there(engine: Engine, report: Reports) -> None:
    commit(engine, findings(report(1, starts_at=FAR), FAR), FAR)
    made = make_partitions(engine, FAR)
    assert "reports_20420312" not in made
    assert "reports_20420313" in made
    commit(engine, findings(report(2, starts_at=FAR), FAR), FAR)
    assert held_in(engine, "reports") == ["reports_default"] * 2


def test_old_partitions_go_whole_and_the_rest_row_by_row(engine: Engine, report: Reports) -> None:
    make_partitions(engine, FAR)
    for number in range(1, 4):
        at = FAR + number * DAY
        commit(engine, findings(report(number, starts_at=at), at), at)
    commit(engine, findings(report(4), EARLY), FAR - 40 * DAY)  # in the default partition
    swept = apply_retention(engine, RetentionPeriods(reports_days=1, minutes_days=1), FAR + 3 * DAY)
    assert (swept["reports"], swept["minute_tallies"]) == (2, 2)
    assert held_in(engine, "reports") == ["reports_20420314", "reports_20420315"]
    with reading(engine) as connection:
        there = inspect(connection).get_table_names()
        assert "reports_20420313" not in there
        assert "reports_20420314" in there


def test_nobody_waits_for_ever_for_a_table_in_use(
    engine: Engine, report: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "SET LOCAL lock_timeout = '100ms'")
    make_partitions(engine, FAR)
    commit(engine, findings(report(1, starts_at=FAR), FAR), FAR)
    with reading(engine) as connection:
        assert connection.execute(select(reports.c.id)).all()
        assert drop_before(engine, reports, FAR + 2 * DAY) == 0
    assert drop_before(engine, reports, FAR + 2 * DAY) == 1


def test_a_table_in_use_is_left_alone_for_a_while(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "SET LOCAL lock_timeout = '100ms'")
    ahead = PartitionMaker(engine)
    with reading(engine) as connection:
        assert connection.execute(select(reports.c.id)).all() == []
        ahead.maintain(FAR)
    ahead.maintain(FAR + timedelta(minutes=9))
    with reading(engine) as connection:
        assert "reports_20420312" not in inspect(connection).get_table_names()
    ahead.maintain(FAR + timedelta(minutes=10))
    with reading(engine) as connection:
        assert "reports_20420312" in inspect(connection).get_table_names()


def test_a_program_is_ahead_from_its_first_step_and_again_each_day(engine: Engine) -> None:
    ahead = PartitionMaker(engine)
    ahead.maintain(FAR)
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE reports_20420314"))
    ahead.maintain(FAR + timedelta(hours=14))
    with reading(engine) as connection:
        assert "reports_20420314" not in inspect(connection).get_table_names()
    ahead.maintain(FAR + DAY)
    with reading(engine) as connection:
        assert "reports_20420314" in inspect(connection).get_table_names()


def test_what_was_kept_before_is_kept_as_the_first_partition(
    engine: Engine, report: Reports
) -> None:
    before = datetime.now(UTC)
    commit(engine, findings(report(1), before), before)
    assert held_in(engine, "reports") == ["reports_before"]
    with reading(engine) as connection:
        plan = connection.execute(
            text(f"EXPLAIN SELECT * FROM {minute_tallies.name} WHERE minute_at < 1")
        )
        assert "minute_tallies_default" not in " ".join(plan.scalars())
