"""Dates of the examples in help texts and in the OpenAPI document: always ahead of the reader.

An example slot in the past would be refused. The sources of the API write the week of Monday
7 January 2030; the document that is shown has a coming week in its place.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

WRITTEN_MONDAY: Final = date(2030, 1, 7)
_WRITTEN: Final = re.compile(r"2030-01-(?:0[1-9]|1[0-9])")
LEAST_DAYS_AHEAD: Final = 2
"""So that the day before the Monday is ahead as well."""


def find_coming_monday(today: date) -> date:
    """The first Monday that is at least two days after a day."""
    days = -today.weekday() % 7
    return today + timedelta(days=days if days >= LEAST_DAYS_AHEAD else days + 7)


def example_slot() -> str:
    """The start of a bookable hour for the help of a command: a coming Monday at 08:00."""
    return f"{find_coming_monday(datetime.now(UTC).date())}T08:00"


def move_example_dates(document: Any, monday: date) -> Any:
    """A copy of an OpenAPI document whose examples are in the week of a Monday."""
    if isinstance(document, Mapping):
        return {
            key: _move(value, monday) if key == "examples" else move_example_dates(value, monday)
            for key, value in document.items()
        }
    if isinstance(document, list):
        return [move_example_dates(one, monday) for one in document]
    return document


def _move(example: Any, monday: date) -> Any:
    if isinstance(example, str):
        return _WRITTEN.sub(
            lambda found: str(monday + (date.fromisoformat(found[0]) - WRITTEN_MONDAY)), example
        )
    if isinstance(example, list):
        return [_move(one, monday) for one in example]
    if isinstance(example, Mapping):
        return {key: _move(value, monday) for key, value in example.items()}
    return example
