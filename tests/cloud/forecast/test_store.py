"""Forecasts, scores and trained models are stored once and read back; a damaged row is skipped."""

import logging
import zlib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import IntegrityError

from cloud.database import writing
from cloud.forecast import store
from cloud.forecast.basis import WeekBasis
from cloud.forecast.history.hours import Measures
from cloud.forecast.scores import ScoreSums
from cloud.forecast.series import WEEK_H
from cloud.forecast.store import SHAPE, StoredWeek, forecast_weeks
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY

FRIDAY = date(2026, 11, 20)
NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SOURCES = np.zeros(WEEK_H, dtype=np.uint8)
QUANTILES = np.arange(12.0).reshape(4, 3, 1) * np.ones(WEEK_H)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection


def week(location: str = "KX-01", first_on: date = FRIDAY, **changes: object) -> StoredWeek:
    plain = StoredWeek(
        location=location,
        first_on=first_on,
        model="recent-3",
        made_at=NIGHT,
        cutoff_at=NIGHT - timedelta(hours=2),
        week=QUANTILES,
    )
    return replace(plain, **changes)


def damage(connection: Connection, location: str, **values: object) -> None:
    chosen = forecast_weeks.c.location == location
    connection.execute(update(forecast_weeks).where(chosen).values(**values))


def test_a_week_is_read_back_as_it_was_stored(connection: Connection):
    basis = WeekBasis("3.0 weeks", 3.0, 0, SOURCES, SOURCES)
    stored = week(usual=QUANTILES + 1, basis=basis, zone="Europe/London")
    store.store_weeks(connection, [stored])
    found = store.read_week(connection, "KX-01", FRIDAY)

    assert found is not None
    for name in ("location", "first_on", "model", "made_at", "cutoff_at", "zone"):
        assert getattr(found, name) == getattr(stored, name), name
    assert (found.week == stored.week).all()
    assert found.usual is not None
    assert (found.usual == QUANTILES + 1).all()
    assert found.basis is not None
    assert found.basis.to_text() == basis.to_text()


def test_a_week_of_an_older_version_has_no_usual_week_basis_or_zone(connection: Connection):
    store.store_weeks(connection, [week()])
    found = store.read_week(connection, "KX-01", FRIDAY)

    assert found is not None
    assert (found.usual, found.basis, found.zone) == (None, None, None)


@pytest.mark.parametrize(("location", "days"), [("LB-01", 0), ("KX-01", 1), ("KX-01' --", 0)])
def test_no_other_site_or_day_has_the_week(connection: Connection, location: str, days: int):
    store.store_weeks(connection, [week()])
    assert store.read_week(connection, location, FRIDAY + timedelta(days=days)) is None


def test_a_week_on_another_clock_is_not_read_for_a_zone(connection: Connection):
    store.store_weeks(connection, [week(zone="Europe/London"), week("LB-01")])

    assert store.read_week(connection, "KX-01", FRIDAY, "Europe/London") is not None
    assert store.read_week(connection, "KX-01", FRIDAY, "Asia/Tokyo") is None
    assert store.read_week(connection, "LB-01", FRIDAY, "Asia/Tokyo") is not None  # not known


def test_a_stored_forecast_is_never_replaced(connection: Connection):
    store.store_weeks(connection, [week()])
    with pytest.raises(IntegrityError):
        store.store_weeks(connection, [week(model="other-1")])


def test_nothing_to_store_is_no_error(connection: Connection):
    store.store_weeks(connection, [])
    store.store_scores(connection, [])
    assert store.read_scoreboard(connection) == []


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("body", b"", "incomplete or truncated stream"),
        ("body", zlib.compress(b"\0" * 100), "cannot reshape"),
        (
            "body",
            zlib.compress(np.full(SHAPE, np.nan, "<f4").tobytes()),
            "a value is not a finite number",
        ),
        ("usual", b"not deflated", "incorrect header"),
        ("basis", "{}", "the stored basis of a forecast cannot be read"),
    ],
)
def test_a_damaged_week_is_logged_and_skipped_and_the_others_are_read(
    connection: Connection, caplog: pytest.LogCaptureFixture, column: str, value: object,
    reason: str,
):  # fmt: skip
    store.store_weeks(connection, [week("A"), week("B")])
    damage(connection, "A", **{column: value})
    with caplog.at_level(logging.WARNING):
        found = store.read_unscored_weeks(connection, ["A", "B"], FRIDAY + timedelta(days=1))

    assert [one.location for one in found] == ["B"]
    [record] = caplog.records
    assert record.message == "forecast.bad_week"
    assert (record.location, record.first_on) == ("A", "2026-11-20")  # type: ignore[attr-defined]
    assert reason in record.reason  # type: ignore[attr-defined]
    assert store.read_week(connection, "A", FRIDAY) is None


def test_a_site_is_done_with_a_forecast_on_its_present_clock(connection: Connection):
    store.store_weeks(
        connection,
        [
            week("A", zone="Europe/London"),
            week("B", zone="Asia/Tokyo"),
            week("C"),
            week("D", FRIDAY - timedelta(days=1), zone="Europe/London"),
        ],
    )
    zones = dict.fromkeys("ABCD", "Europe/London")

    assert store.list_sites_done(connection, FRIDAY, zones) == {"A", "C"}
    assert store.list_sites_done(connection, FRIDAY, {}) == {"C"}


def sums(**changes: float) -> ScoreSums:
    """The same sums for each of the four measures."""
    plain = dict.fromkeys((field.name for field in fields(ScoreSums)), 0.0) | changes
    return ScoreSums(**{name: np.full(4, value) for name, value in plain.items()})


def test_weeks_before_a_day_are_unscored_until_their_scores_are_stored(connection: Connection):
    weeks = [week("B", FRIDAY - timedelta(days=age)) for age in (0, 2, 1)] + [week("A")]
    store.store_weeks(connection, weeks)

    def unscored(*locations: str) -> list[tuple[str, int]]:
        found = store.read_unscored_weeks(connection, locations, FRIDAY)
        return [(one.location, (FRIDAY - one.first_on).days) for one in found]

    assert unscored("A", "B") == [("B", 2), ("B", 1)]
    assert unscored("A") == unscored() == []
    store.store_scores(connection, [(weeks[1], sums())])
    assert unscored("B") == [("B", 1)]


def test_scores_are_summed_over_weeks_for_each_model_and_measure(connection: Connection):
    one = sums(pinball=3.0, absolute=8.0, truth=20.0, inside=6.0, hours=10.0)
    other = sums(pinball=6.0, absolute=2.0, truth=20.0, inside=10.0, hours=10.0)
    store.store_scores(
        connection,
        [
            (week("A"), one),
            (week("B"), other),
            (week("C", model="blend-4"), sums(hours=5.0, inside=5.0)),
        ],
    )
    board = store.read_scoreboard(connection)

    assert [(line["model"], line["measure"]) for line in board] == [
        (model, measure)
        for model in ("blend-4", "recent-3")
        for measure in sorted(Measures._fields)
    ]
    # 2/3 of 9 over 40; 10 over 40; 16 of 20 hours
    assert board[-1] == {
        "model": "recent-3", "measure": "onlookers", "hours": 20,
        "wql": pytest.approx(0.15), "wape": 0.25, "coverage": 0.8,
    }  # fmt: skip


def test_figures_over_no_people_or_no_hours_are_null(connection: Connection):
    store.store_scores(connection, [(week(), sums(inside=0.0))])

    for line in store.read_scoreboard(connection):
        assert (line["hours"], line["wql"], line["wape"], line["coverage"]) == (0, None, None, None)


def test_the_trained_model_of_a_network_replaces_the_one_before(connection: Connection):
    assert store.read_model(connection, "GB-ENG") is None
    store.store_model(connection, "GB-ENG", NIGHT, "first")
    store.store_model(connection, "AU-VIC", NIGHT, "other")
    store.store_model(connection, "GB-ENG", NIGHT + timedelta(days=7), "second")

    assert store.read_model(connection, "GB-ENG") == (NIGHT + timedelta(days=7), "second")
    assert store.read_model(connection, "AU-VIC") == (NIGHT, "other")
