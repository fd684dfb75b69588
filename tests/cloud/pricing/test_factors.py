"""Each factor as a table: input, value, reason."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cloud.pricing import factors
from cloud.pricing.rate_card import Bounds
from cloud.pricing.slot import parse_slot
from tests.cloud.rates import CARD

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("hour", "value", "reason"),
    [
        (0, "0.6", "night (23-06)"),
        (5, "0.6", "night (23-06)"),
        (6, "1", "between the hours that the rate card names"),
        (7, "1.4", "morning peak (07-09)"),
        (8, "1.4", "morning peak (07-09)"),
        (9, "1", "between the hours"),
        (10, "1.0", "daytime (10-16)"),
        (15, "1.0", "daytime (10-16)"),
        (16, "1", "between the hours"),
        (17, "1.5", "evening peak (17-19)"),
        (18, "1.5", "evening peak (17-19)"),
        (19, "1", "between the hours"),
        (20, "1.0", "late evening (20-23)"),
        (22, "1.0", "late evening (20-23)"),
        (23, "0.6", "night (23-06)"),
    ],
)
@pytest.mark.parametrize("day", ["2026-11-23", "2026-07-01"])
def test_peak_follows_the_local_hour_in_winter_and_summer(
    day: str, hour: int, value: str, reason: str
):
    found = factors.compute_peak(parse_slot(f"{day}T{hour:02}:00", LONDON), CARD)

    assert found.value == Decimal(value)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("month", "value", "reason"),
    [
        (1, "1", "January is in no season"),
        (5, "1", "May is in no season"),
        (6, "0.95", "June is summer"),
        (8, "0.95", "August is summer"),
        (9, "1", "September is in no season"),
        (10, "1", "October is in no season"),
        (11, "1.3", "November is Christmas trade"),
        (12, "1.3", "December is Christmas trade"),
    ],
)
def test_season_follows_the_local_month(month: int, value: str, reason: str):
    found = factors.compute_season(parse_slot(f"2026-{month:02}-14T12:00", LONDON), CARD)

    assert (found.value, reason in found.reason) == (Decimal(value), True)


def test_the_season_changes_at_local_midnight_not_at_utc():
    last_of_may = parse_slot("2026-05-31T22:00Z", LONDON)  # 23:00 in London
    first_of_june = parse_slot("2026-05-31T23:00Z", LONDON)  # 00:00 in London

    assert factors.compute_season(last_of_may, CARD).value == 1
    assert factors.compute_season(first_of_june, CARD).value == Decimal("0.95")


@pytest.mark.parametrize(
    ("word", "value", "text"),
    [
        ("professionals_25_45", "1.3", "marked 'professionals 25-45'"),
        ("broad", "1.0", "marked 'broad'"),
        ("school_children", "1", "does not name 'school children'"),
    ],
)
def test_demographic_is_the_cards_word_for_who_is_there(word: str, value: str, text: str):
    found = factors.compute_demographic(word, CARD)

    assert found.value == Decimal(value)
    assert found.reason.endswith(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [("high_traffic_station", "1.3"), ("business", "1.2"), ("residential", "0.9"), ("moon", "1")],
)
def test_location_is_the_cards_word_for_the_place(word: str, value: str):
    assert factors.compute_location(word, CARD).value == Decimal(value)


@pytest.mark.parametrize(
    ("attention_s", "value", "reason"),
    [
        (800.0, "1.0000", "800 attention seconds expected in the hour; the base rate buys 800"),
        (1000.0, "1.2500", "1,000 attention seconds"),
        (800 / 3, "0.4000", "counts at least 0.4 of them"),
        (0.0, "0.4", "counts at least 0.4 of them"),
        (1e9, "2.5", "counts at most 2.5 of them"),
        (533.3333, "0.6667", "533 attention seconds"),
    ],
)
def test_attention_is_the_expected_looking_over_what_the_base_rate_buys(
    attention_s: float, value: str, reason: str
):
    bounds = Bounds(least=Decimal("0.4"), most=Decimal("2.5"))
    found = factors.compute_attention(attention_s, 800.0, bounds)

    assert found.value == Decimal(value)
    assert reason in found.reason
