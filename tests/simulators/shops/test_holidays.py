"""Holidays of a year."""

from datetime import date

import pytest

from simulators.shops.holidays import name_holiday


@pytest.mark.parametrize(
    ("day", "name"),
    [("2026-04-03", "easter"), ("2026-04-06", "easter"), ("2026-04-07", None),
     ("2025-04-20", "easter"), ("2026-12-25", "christmas"), ("2026-06-01", None)],
)  # fmt: skip
def test_holidays(day: str, name: str | None) -> None:
    assert name_holiday(date.fromisoformat(day)) == name
