"""The calendar has the price of each hour as its quote has it, and never a zero for no data."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cloud import database
from cloud.booking.inventory.blackouts import Blackout, BlackoutKind, store_blackout

CALENDAR = "/api/pricing/calendar"


def test_every_hour_has_the_price_of_its_quote(ask):
    body = ask.get(f"{CALENDAR}?location=KX-01&location=ST-01&from=2026-11-23&days=2").json()

    assert [one["location"] for one in body["screens"]] == ["KX-01", "ST-01"]
    assert body["left_out"] == []
    for screen in body["screens"]:
        assert len(screen["hours"]) == 48
        hour = screen["hours"][8]
        quoted = ask.get(f"/api/pricing/slot/{screen['location']}/{hour['starts_at']}").json()
        shown = (hour["price_minor"], hour["price_p10_minor"], hour["price_p90_minor"])
        assert shown == tuple(
            round(float(quoted[name]) * 100) for name in ("price", "price_p10", "price_p90")
        )
        assert hour["attention_s"] == quoted["expected"]["attention_s"]
        assert hour["status"] == quoted["availability"]["status"]
        own_s = hour["attention_s"]["p50"] * screen_share(screen)
        assert float(hour["attention_cost"]) == pytest.approx(
            float(quoted["price"]) / own_s * 1000, rel=0.01
        )


def screen_share(screen) -> float:
    """Of one position of the loop."""
    return 1 / screen["positions"]


@pytest.mark.parametrize(("first", "hours"), [("2027-03-28", 23), ("2027-10-31", 25)])
def test_a_day_on_which_the_clock_changes_has_each_hour_once(ask, first: str, hours: int):
    (screen,) = ask.get(f"{CALENDAR}?location=KX-01&from={first}&days=1").json()["screens"]
    starts = [datetime.fromisoformat(one["starts_at"]) for one in screen["hours"]]

    assert len(set(starts)) == hours
    assert {later - one for one, later in pairwise(starts)} == {timedelta(hours=1)}


def test_past_and_closed_hours_are_not_for_sale(ask, context, clock):
    closed = Blackout(
        id=0,
        location="KX-01",
        starts_at=datetime(2026, 11, 20, 18, tzinfo=UTC),
        ends_at=datetime(2026, 11, 20, 20, tzinfo=UTC),
        kind=BlackoutKind.MAINTENANCE,
        reason="new panel",
        created_by="Mary",
        created_at=clock.now,
    )
    with database.writing(context.engine) as connection:
        store_blackout(connection, closed)
    (screen,) = ask.get(f"{CALENDAR}?location=KX-01&from=2026-11-20&days=1").json()["screens"]
    statuses = [one["status"] for one in screen["hours"]]

    assert statuses == ["past"] * 12 + ["available"] * 6 + ["closed"] * 2 + ["available"] * 4
    assert screen["hours"][18]["free"] == 0


def test_a_screen_without_measurements_is_estimated(ask):
    (screen,) = ask.get(f"{CALENDAR}?location=KX-01&days=1").json()["screens"]

    assert all(one["estimated"] for one in screen["hours"])
    assert screen["basis"]["kind"] == "venue"


def test_a_deal_is_the_price_of_its_account_only(ask, override):
    assert override("set", "KX-01", "2026-11-23T08:00", "20.00", "--reason", "agreed",
                    "--author", "Mary", "--account", "acme") == 0  # fmt: skip
    query = f"{CALENDAR}?location=KX-01&from=2026-11-23&days=1"
    (acme,) = ask.get(f"{query}&account=acme").json()["screens"]
    (bolt,) = ask.get(f"{query}&account=bolt").json()["screens"]

    assert acme["hours"][8]["price_minor"] == 2000
    assert bolt["hours"][8]["price_minor"] != 2000


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "location"),
        ("location=XX-99", "no location 'XX-99'"),
        ("location=KX-01&days=29", "less than or equal to 28"),
        ("location=KX-01&from=2030-01-01", "ask within 400 days"),
        ("&".join(f"location={one}" for one in ("KX-01",) * 5), "at most 4 items"),
    ],
)
def test_what_cannot_be_shown_is_refused(ask, query: str, sentence: str):
    answer = ask.get(f"{CALENDAR}?{query}")

    assert answer.status_code in {404, 422}
    assert sentence in answer.json()["detail"]


def test_an_unchanged_calendar_is_not_sent_again(ask):
    query = f"{CALENDAR}?location=KX-01&days=1"
    tag = ask.get(query).headers["etag"]

    assert ask.get(query, headers={"if-none-match": tag}).status_code == 304
