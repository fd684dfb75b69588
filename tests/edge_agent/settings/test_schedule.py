"""Opening hours as a user writes them."""

import pytest

from edge_agent.settings.loading import parse
from edge_agent.settings.schedule import OpenHours, ScheduleSettings


def hours(days="['mon']", opens="08:00", closes="18:00"):
    return f"[[schedule.hours]]\ndays = {days}\nopens = '{opens}'\ncloses = '{closes}'\n"


def test_without_a_schedule_the_camera_always_measures():
    assert parse("").schedule == ScheduleSettings(paused=False, time_zone="UTC", hours=())


def test_hours_end_at_the_latest_at_the_end_of_the_day():
    schedule = parse(hours("['fri', 'sat']", "00:00", "24:00")).schedule
    assert schedule.hours == (OpenHours(days=("fri", "sat"), opens="00:00", closes="24:00"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (hours(opens="18:00"), "schedule.hours end before they start"),  # no minute is open
        (hours(opens="22:00", closes="06:00"), "write a night as two, up to 24:00 and from 00:00"),
        (hours() + hours(opens="20:00"), "schedule.hours end before they start"),
        (hours("[]"), "length >= 1 - at `$.schedule.hours[0].days`"),
        (hours("['monday']"), "Invalid enum value 'monday'"),
        (hours(opens="8:00"), "matching regex"),
        (hours(closes="24:01"), "matching regex"),
        ("[schedule]\ntime_zone = 'Europe/Lodon'", "write Europe/London or"),
        ("[schedule]\ntime_zone = '../UTC'", "is no IANA time zone"),
        ("[schedule]\ntime_zone = ''", "length >= 1"),
        ("[schedule]\npaused = 0", "Expected `bool`, got `int`"),
        (hours() * 65, "length <= 64"),
    ],
)
def test_hours_that_cannot_be_kept_are_refused(refusal, text, message):
    assert message in refusal(text)
