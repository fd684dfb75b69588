"""Opening hours, on ordinary days and on the two nights when the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.opening_hours import is_open_at
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.schedule import OpenHours, ScheduleSettings

WEEK = ScheduleSettings(
    time_zone="Europe/London",
    hours=(
        OpenHours(days=("mon", "tue", "wed", "thu", "fri"), opens="06:00", closes="23:30"),
        OpenHours(days=("sat", "sun"), opens="00:00", closes="01:30"),
        OpenHours(days=("sat",), opens="08:00", closes="24:00"),
    ),
)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-11-23T05:59:59", False),  # Monday; London keeps UTC in winter
        ("2026-11-23T06:00:00", True),
        ("2026-11-23T23:29:59", True),
        ("2026-11-23T23:30:00", False),
        ("2026-07-06T05:00:00", True),  # Monday in summer: 06:00 there
        ("2026-07-06T22:30:00", False),
        ("2026-11-21T00:10:00", True),  # Saturday, after midnight
        ("2026-11-21T07:00:00", False),
        ("2026-11-21T23:59:59", True),
        ("2026-11-22T02:00:00", False),  # Sunday
    ],
)
def test_hours_hold_in_local_time(instant, is_open):
    assert is_open_at(WEEK, datetime.fromisoformat(instant).replace(tzinfo=UTC)) is is_open


def open_minutes(begins, hours):
    starts = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    return sum(is_open_at(WEEK, starts + timedelta(minutes=n)) for n in range(hours * 60))


def test_the_hour_that_comes_twice_is_open_twice():
    #  Sunday 25 October 2026, London: 01:59 BST is followed by 01:00 GMT
    assert open_minutes("2026-10-24T23:00:00", 5) == 60 + 30 + 30


def test_the_hour_that_is_missing_never_opens():
    #  Sunday 29 March 2026, London: 00:59 GMT is followed by 02:00 BST
    assert open_minutes("2026-03-29T00:00:00", 5) == 60


def test_without_hours_it_is_always_open():
    assert is_open_at(ScheduleSettings(), datetime(2026, 11, 22, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('opens = "22:00"\ncloses = "02:00"', "write a night as two"),
        ('opens = "06:00"\ncloses = "06:00"', "end before they start"),
        ('opens = "6"\ncloses = "24:00"', "schedule.hours"),
        ('opens = "06:00"\ncloses = "24:30"', "schedule.hours"),
    ],
)
def test_hours_that_end_before_they_start_are_refused(line, reason):
    with pytest.raises(SettingsError, match=reason):
        parse(f'[[schedule.hours]]\ndays = ["mon"]\n{line}\n')


def test_an_unknown_time_zone_is_rejected():
    for name in ("Mars/Base", "../etc/passwd", "Europe"):
        with pytest.raises(SettingsError, match="is no IANA time zone"):
            parse(f'[schedule]\ntime_zone = "{name}"\n')
