"""The summaries of screens are those of the hours in their calendars that can be bought."""

from datetime import UTC, datetime
from statistics import median

import pytest

from cloud.booking.inventory.blackouts import Blackout, BlackoutKind, store_blackout
from cloud.database import writing

SCREENS = "/api/pricing/screens"


def test_a_summary_is_of_the_hours_of_the_daypart(ask):
    body = ask.get(f"{SCREENS}?from=2026-11-23&days=2&hours=7-9;17&weekdays=1").json()
    summary = body["screens"][0]
    (screen,) = ask.get("/api/pricing/calendar?location=KX-01&from=2026-11-23&days=1").json()[
        "screens"
    ]
    prices = [screen["hours"][hour]["price_minor"] for hour in (7, 8, 9, 17)]

    assert (body["total"], len(body["screens"])) == (8, 8)
    assert (summary["location"], summary["hours"], summary["full_hours"]) == ("KX-01", 4, 0)
    shown = [summary[f"price_{name}_minor"] for name in ("min", "median", "max")]
    assert shown == [min(prices), round(median(prices)), max(prices)]
    assert float(summary["attention_cost"]) > 0


def test_a_screen_without_an_hour_for_sale_has_no_figures(ask):
    summary = ask.get(f"{SCREENS}?from=2026-11-19&days=1").json()["screens"][0]

    assert summary["hours"] == 0
    figures = ("price_min_minor", "price_median_minor", "entries", "attention_s", "attention_cost")
    assert [summary[name] for name in figures] == [None] * 5


def test_hours_in_which_a_screen_is_closed_are_not_counted(ask, context, clock):
    query = f"{SCREENS}?from=2026-11-23&days=1&hours=7-9"
    before = ask.get(query).json()["screens"][0]
    closed = Blackout(
        id=0,
        location="KX-01",
        starts_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
        ends_at=datetime(2026, 11, 24, tzinfo=UTC),
        kind=BlackoutKind.MAINTENANCE,
        reason="new panel",
        created_by="Mary",
        created_at=clock.now,
    )
    with writing(context.engine) as connection:
        store_blackout(connection, closed)
    after = ask.get(query).json()["screens"][0]

    assert (before["hours"], after["hours"], after["full_hours"]) == (3, 1, 0)
    assert after["price_min_minor"] == after["price_max_minor"]


def test_screens_are_chosen_by_venue_and_paged(ask):
    body = ask.get(f"{SCREENS}?days=1&venue=106&offset=1&limit=2").json()

    assert body["total"] == 3
    assert [one["location"] for one in body["screens"]] == ["WA-01", "LS-01"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("hours=25", "25"),
        ("weekdays=8", "weekdays are [8]"),
        ("venue=999999", "is no OpenOOH id"),
        ("limit=201", "less than or equal to 200"),
    ],
)
def test_what_cannot_be_shown_is_refused(ask, query: str, sentence: str):
    answer = ask.get(f"{SCREENS}?{query}")

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
