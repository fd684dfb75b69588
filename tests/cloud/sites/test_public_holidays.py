"""Public holidays by calendar code; without the package no day is a holiday, and a log says so."""

import logging
import sys
from collections.abc import Iterator
from datetime import date

import pytest

from cloud.sites.public_holidays import CalendarError, public_holidays


@pytest.fixture
def _no_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "holidays", None)
    public_holidays.cache_clear()
    yield
    public_holidays.cache_clear()


def test_a_part_of_a_country_has_holidays_of_its_own():
    england, scotland = (public_holidays(code, 2026, 2026) for code in ("GB-ENG", "GB-SCT"))

    assert {date(2026, 4, 3), date(2026, 8, 31), date(2026, 12, 25)} <= england
    assert date(2026, 8, 3) in scotland - england
    assert date(2026, 11, 30) in scotland - england  # St Andrew's Day


def test_all_years_of_the_range_and_no_others_have_holidays():
    assert {day.year for day in public_holidays("FR", 2025, 2027)} == {2025, 2026, 2027}
    assert public_holidays("FR", 2027, 2026) == frozenset()


def test_without_a_calendar_no_day_is_a_holiday():
    assert public_holidays(None, 2026, 2026) == frozenset()


@pytest.mark.parametrize("code", ["XX", "XX-ENG", "GB-XX", "'; drop table --"])
def test_an_unknown_calendar_is_refused_with_an_example(code: str):
    with pytest.raises(CalendarError) as refused:
        public_holidays(code, 2026, 2026)

    assert repr(code) in str(refused.value)
    assert str(refused.value).endswith("such as GB-ENG")


@pytest.mark.usefixtures("_no_package")
def test_without_the_package_no_day_is_a_holiday_and_one_event_is_logged(
    caplog: pytest.LogCaptureFixture,
):
    with caplog.at_level(logging.WARNING):
        found = [public_holidays("GB-ENG", 2026, 2026) for _ in range(3)]

    assert found == [frozenset()] * 3
    assert [record.message for record in caplog.records] == ["sites.no_holidays"]
