"""Delivery of lines: the mart's figures where measured, else an interval, never a false zero."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.booking.order_line import BookingStatus
from cloud.campaigns.delivery import LATE_DATA, LineDelivery, read_delivery
from cloud.campaigns.plays.coverage import LogCoverage, store_coverage
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.plays.play_store import store_plays
from tests.cloud.campaigns.campaign_data import (
    SEVEN,
    SITES,
    flat_forecast,
    line,
    report,
    store_lines,
    store_reports,
)
from tests.cloud.marts.test_campaign_performance import compute, ordered

NOON = SEVEN + timedelta(hours=5)


def deliver(connection: Connection, *names: str, until: Any = NOON) -> dict[str, LineDelivery]:
    found = read_delivery(
        connection, names or ("SO-1-1",), until, sites=SITES, forecast_of=flat_forecast
    )
    return dict(found)


def test_what_was_measured_equals_the_mart_to_the_unit(connection: Connection) -> None:
    lines = [
        line(2, line_id="SO-1-1", creatives=("a", "b")),
        line(2, line_id="SO-1-2", positions=2, creatives=("a",)),
        line(2, line_id="SO-1-3", positions=4, creatives=("a",)),
    ]
    reports = [report(1, 0, a=31, b=7), report(2, 1, a=13, c=5), report(3, 0, "cam-2", a=29, b=8)]
    store_lines(connection, *lines)
    store_reports(connection, *reports)
    rows = [row for row in compute(*reports, orders=(ordered(*lines),)) if row["line_id"]]
    found = deliver(connection, *(one.line_id for one in lines))
    for name, delivery in found.items():
        mine = [row for row in rows if row["line_id"] == name]
        assert delivery.plays == sum(row["plays"] or 0 for row in mine)
        assert delivery.ots == sum(row["ots_milli"] for row in mine) // 1_000
        assert delivery.viewers == sum(row["looking_ots_milli"] for row in mine) // 1_000
        assert delivery.booked_plays == sum(row["ordered_plays_milli"] for row in mine) // 1_000
        assert delivery.ots_low <= delivery.ots <= delivery.ots_high


def test_a_flight_that_was_observed_completely_has_no_interval(connection: Connection) -> None:
    store_lines(connection, line())
    store_reports(connection, report(a=30))
    found = deliver(connection)["SO-1-1"]
    assert (found.plays, found.plays_high, found.booked_plays) == (30, 30, 60)
    assert (found.ots_low, found.ots, found.ots_high) == (75, 75, 75)
    assert (found.viewers, found.attention_s) == (15, 150)
    assert (found.observed_s, found.expected_s) == (300, 300)


def test_an_hour_of_which_nothing_is_known_widens_the_upper_limit_only(
    connection: Connection,
) -> None:
    store_lines(connection, line(2))
    store_reports(connection, report(a=30))
    found = deliver(connection)["SO-1-1"]
    assert (found.plays, found.plays_high, found.booked_plays) == (30, 90, 120)
    assert (found.ots_low, found.ots, found.ots_high) == (75, 75, 75 + 60 * 8)
    assert (found.observed_s, found.expected_s) == (300, 900)


def test_the_part_of_an_hour_without_a_report_is_unknown_and_not_without_plays(
    connection: Connection,
) -> None:
    store_lines(connection, line())
    store_reports(connection, report(a=30, minutes=30))
    found = deliver(connection)["SO-1-1"]
    assert (found.plays, found.plays_high, found.booked_plays) == (30, 60, 60)
    assert (found.ots_low, found.ots, found.ots_high) == (75, 75, 75 + 30 * 8)


def test_only_hours_that_have_begun_count(connection: Connection) -> None:
    store_lines(connection, line(3))
    store_reports(connection, report(a=30))
    assert deliver(connection, until=SEVEN)["SO-1-1"].booked_plays == 0
    assert deliver(connection, until=SEVEN + timedelta(minutes=1))["SO-1-1"].booked_plays == 60


def test_plays_whose_audience_was_not_attributed_are_estimated_from_the_hour(
    connection: Connection,
) -> None:
    store_lines(connection, line())
    few = report(a=30, unknown=0)
    hidden = few.__class__(**{
        **{name: getattr(few, name) for name in few.__struct_fields__},
        "creatives": {
            "a": type(few.creatives["a"])(  # type: ignore[index]
                plays=30, observed_ms=0, person_ms=0, facing_ms=0, looking_ms=0, unsure_ms=0
            ),
            "unknown": _without_plays(few.creatives["a"]),  # type: ignore[index]
        },
    })  # fmt: skip
    store_reports(connection, hidden)
    found = deliver(connection)["SO-1-1"]
    assert (found.plays, found.ots) == (30, 75)
    assert found.ots_low < 75 < found.ots_high
    assert found.observed_s == 0


def _without_plays(one: Any) -> Any:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return type(one)(**{**fields, "plays": 0})


def store_log(connection: Connection, creative: str, plays: int, *, is_whole: bool) -> None:
    every = [
        LoggedPlay(
            location="KX-01", creative=creative, started_at=SEVEN + number * timedelta(minutes=1)
        )
        for number in range(plays)
    ]
    store_plays(connection, every, PlaySource.XIBO, "0" * 32)
    if is_whole:
        period = LogCoverage(SEVEN, SEVEN + timedelta(hours=1))
        store_coverage(connection, period, ["KX-01"], "0" * 32)


@pytest.mark.parametrize(
    ("creative", "is_whole", "expected"),
    [
        ("z", False, (0, 60)),  # the log of another player, or a name without an alias
        ("z", True, (0, 0)),
        ("a", False, (20, 60)),  # the log may end after its last play
        ("a", True, (20, 20)),
    ],
)
def test_what_a_log_lacks_is_zero_only_in_the_period_that_it_covers(
    connection: Connection, creative: str, is_whole: bool, expected: tuple[int, int]
) -> None:
    store_lines(connection, line())
    store_log(connection, creative, 20, is_whole=is_whole)
    found = deliver(connection)["SO-1-1"]
    assert (found.plays, found.plays_high) == expected


def test_a_log_fills_the_part_of_an_hour_without_a_report(connection: Connection) -> None:
    store_lines(connection, line())
    store_reports(connection, report(a=30, minutes=30))
    store_log(connection, "a", 50, is_whole=False)
    found = deliver(connection)["SO-1-1"]
    assert (found.plays, found.plays_high) == (50, 60)


def test_plays_that_a_log_gives_to_one_line_have_their_audience_there(
    connection: Connection,
) -> None:
    store_lines(connection, line(), line(line_id="SO-1-2"))
    store_reports(connection, report(a=30))
    plays = [
        LoggedPlay(location="KX-01", creative="a", line="SO-1-1", started_at=SEVEN + minutes)
        for minutes in (number * timedelta(minutes=1) for number in range(24))
    ]
    store_plays(connection, plays, PlaySource.OPENDIRECT, "0" * 32)
    first, second = deliver(connection, "SO-1-1", "SO-1-2").values()
    assert (first.plays, second.plays) == (27, 3)
    assert (first.attention_s, second.attention_s) == (135, 15)
    assert [one.observed_s / one.expected_s for one in (first, second)] == [1.0, 1.0]
    assert [one.ots_high - one.ots_low for one in (first, second)] == [1, 1]  # 67.5 and 7.5


def test_a_line_that_is_not_sold_has_delivered_nothing(connection: Connection) -> None:
    store_lines(connection, line(booking_status=BookingStatus.RESERVED))
    store_reports(connection, report(a=30))
    assert deliver(connection)["SO-1-1"].plays == 0
    assert deliver(connection, "SO-9-9") == {}


def test_a_delivery_is_final_when_late_reports_can_no_longer_arrive(
    connection: Connection,
) -> None:
    store_lines(connection, line())
    ended = SEVEN + timedelta(hours=1)
    assert not deliver(connection, until=ended + LATE_DATA - timedelta(seconds=1))[
        "SO-1-1"
    ].is_final
    assert deliver(connection, until=ended + LATE_DATA)["SO-1-1"].is_final
