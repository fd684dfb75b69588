"""The dates of examples are ahead of the reader, in help texts and in the OpenAPI document."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.app.example_dates import (
    WRITTEN_MONDAY,
    example_slot,
    find_coming_monday,
    move_example_dates,
)

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (MONDAY - timedelta(days=3), 3),  # Friday
        (MONDAY - timedelta(days=2), 2),  # Saturday: Sunday is ahead as well
        (MONDAY - timedelta(days=1), 8),
        (MONDAY, 7),
        (MONDAY + timedelta(days=1), 6),
    ],
)
def test_the_coming_monday_and_the_day_before_it_are_ahead(today: date, days: int):
    found = find_coming_monday(today)

    assert found == today + timedelta(days=days)
    assert found.weekday() == WRITTEN_MONDAY.weekday() == 0


def test_the_slot_of_a_help_text_is_between_one_and_nine_days_ahead():
    ahead = datetime.fromisoformat(example_slot()).replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=1) < ahead < timedelta(days=9)


def test_every_example_is_moved_with_its_distance_from_the_monday():
    document = {
        "parameters": [{"schema": {"examples": ["2030-01-07T08:00", 7, None]}}],
        "until": {"examples": ["2030-01-06T18:00:00Z"]},
        "object": {"examples": [{"from": "2030-01-07", "days": ["2030-01-14"]}]},
    }
    before = json.dumps(document)

    assert move_example_dates(document, MONDAY) == {
        "parameters": [{"schema": {"examples": ["2026-11-23T08:00", 7, None]}}],
        "until": {"examples": ["2026-11-22T18:00:00Z"]},
        "object": {"examples": [{"from": "2026-11-23", "days": ["2026-11-30"]}]},
    }
    assert json.dumps(document) == before


def test_other_dates_and_other_texts_stay():
    document = {
        "description": "since 2030-01-07",
        "examples": ["2026-11-23", "2030-01-99", "2030-02-07", "12030-1-07"],
    }
    assert move_example_dates(document, MONDAY) == document
