"""Deleting old rows changes no count: hours stay, and a duplicate stays a duplicate."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, Table, func, select

from cloud.__main__ import main
from cloud.database import (
    dead_letters,
    hour_tallies,
    minute_tallies,
    reading,
    reports,
)
from cloud.ingest import retention
from cloud.ingest.consumer import Consumer
from cloud.ingest.retention import RetentionPeriods, apply_retention
from cloud.ingest.sources.memory import MemorySource
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOPIC = "onlooker/v1/KX-01/kx-01-cam-1/audience"

Reports = Callable[..., AudienceReport]


def consume(engine: Engine, *payloads: bytes, now: datetime) -> None:
    source = MemorySource((TOPIC, payload) for payload in payloads)
    Consumer(source, engine, is_listed=lambda *_: True, clock=lambda: now).step()


def rows(engine: Engine, table: Table) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_is_old_goes_and_what_was_counted_stays(
    engine: Engine, report: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 2)
    old = [encode_event(audience_event(report(n))) for n in range(1, 6)]
    later = NINE + timedelta(days=10)
    consume(engine, *old, b"rubbish", now=NINE)
    consume(engine, encode_event(audience_event(report(6, starts_at=later))), now=later)

    swept = apply_retention(
        engine, RetentionPeriods(reports_days=5, minutes_days=5, dead_letters_days=5), later
    )
    assert (swept["reports"], swept["minute_tallies"], swept["dead_letters"]) == (5, 1, 1)
    assert [rows(engine, table) for table in (reports, minute_tallies, dead_letters)] == [1, 1, 0]
    assert rows(engine, hour_tallies) == 2

    consume(engine, *old, now=later)
    assert rows(engine, minute_tallies) == 1


def test_the_number_of_a_deleted_report_is_not_used_again(engine: Engine, report: Reports) -> None:
    """The lake and the live events read the reports above the greatest number that they saw."""
    later = NINE + timedelta(days=31)
    for number in range(1, 4):
        consume(engine, encode_event(audience_event(report(number))), now=NINE)
    with reading(engine) as connection:
        before = connection.execute(select(func.max(reports.c.id))).scalar_one()
    apply_retention(engine, RetentionPeriods(), later)
    consume(engine, encode_event(audience_event(report(4, starts_at=later))), now=later)
    with reading(engine) as connection:
        assert connection.execute(select(func.max(reports.c.id))).scalar_one() > before


def test_the_command_keeps_what_is_young(
    engine: Engine, report: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", engine.url.render_as_string())
    consume(engine, encode_event(audience_event(report(1))), now=datetime.now(UTC))
    assert main(["retention", "--minutes-days", "36500"]) == 0
    assert rows(engine, reports) == 1


@pytest.mark.parametrize("days", ["0", "-1", "36501", "some"])
def test_days_that_make_no_sense_are_refused(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["retention", "--reports-days", days])
    assert "invalid days value" in capsys.readouterr().err
