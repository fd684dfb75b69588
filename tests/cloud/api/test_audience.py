"""Windows of the API: absent without reports, null without observed time."""

from datetime import datetime, timedelta

import pytest

from cloud import database
from cloud.app.context import AppContext

PATH = "/api/audience/KX-01"


def minute(context: AppContext, at: datetime, **sums: int) -> None:
    with database.writing(context.engine) as connection:
        connection.execute(
            database.minute_tallies.insert().values(
                location="KX-01",
                device="kx-01-cam-1",
                minute_at=int(at.timestamp()),
                reports=1,
                **sums,
            )
        )


def test_nothing_measured_is_no_windows_rather_than_empty_ones(ask):
    assert ask.get(PATH).json()["windows"] == []


def test_the_last_hour_is_answered_when_nothing_else_is_asked(ask, context: AppContext, clock):
    #  11:00 ... 11:54:00 two visits ... 12:00 now
    at = clock.now - timedelta(minutes=6)
    seen = {"observed_ms": 60_000, "person_ms": 90_000, "looking_ms": 4_500, "entries": 2}
    minute(context, at, **seen, visits=2, onlookers=1, dwell_ms=18_000, dwell_05=2, attention_05=2)
    body = ask.get(PATH).json()

    assert (body["starts_at"], body["ends_at"]) == ("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z")
    (window,) = body["windows"]
    assert window["starts_at"] == "2026-11-20T11:50:00Z"
    assert window["complete"] is True
    assert (window["entries"], window["visits"], window["onlookers"]) == (2, 2, 1)
    assert (window["crowd"], window["attention_rate"]) == (1.5, 0.5)
    assert (window["attention_s"], window["dwell_mean_s"]) == (4.5, 9.0)
    assert window["observed_share"] == 0.2


def test_a_blind_window_has_no_figures_and_says_why(ask, context: AppContext, clock):
    minute(context, clock.now - timedelta(minutes=6), blind_dark_ms=60_000)
    (window,) = ask.get(PATH).json()["windows"]

    assert window["blind_s"] == {"dark": 60.0}
    counts = ("entries", "visits", "onlookers", "peak", "attention_s")
    assert [window[one] for one in counts] == [None] * 5, "unknown is not zero"
    assert (window["crowd"], window["attention_rate"], window["dwell_mean_s"]) == (None, None, None)


@pytest.mark.parametrize(
    ("sums", "bands"),
    [
        ({"person_ms": 90_000}, None),
        ({"person_ms": 0}, None),
        (
            {"person_ms": 0, "banded_reports": 1},
            {"high_s": 0.0, "medium_s": 0.0, "low_s": 0.0, "unobserved_s": 0.0},
        ),
        (
            {"person_ms": 90_000, "banded_reports": 1, "band_high_ms": 4_500,
             "band_medium_ms": 1_500, "band_low_ms": 60_000},
            {"high_s": 4.5, "medium_s": 1.5, "low_s": 60.0, "unobserved_s": 24.0},
        ),
    ],
    ids=["an old camera", "an old camera alone", "nobody there", "an old camera among new ones"],
)  # fmt: skip
def test_bands_that_no_camera_reports_are_null_and_incomplete_ones_say_so(
    ask, context: AppContext, clock, sums, bands
):
    minute(context, clock.now - timedelta(minutes=6), observed_ms=60_000, **sums)
    (window,) = ask.get(PATH).json()["windows"]
    assert window["bands"] == bands
    query = "by=device&location=KX-01&from=2026-11-20T11:50:00Z&until=2026-11-20T11:59:00Z"
    (cell,) = ask.get(f"/api/audience?{query}").json()["cells"]
    assert cell["bands"] == bands


def test_an_unfinished_window_says_so(ask, context: AppContext, clock):
    clock.advance(timedelta(minutes=2))
    minute(context, clock.now - timedelta(minutes=1), observed_ms=60_000, entries=1)
    (window,) = ask.get(PATH).json()["windows"]

    assert (window["starts_at"], window["complete"]) == ("2026-11-20T12:00:00Z", False)


@pytest.mark.parametrize(
    ("query", "count", "additive"),
    [
        ("window=5m", 1, True),
        ("window=15m", 1, True),
        ("window=1h", 1, True),
        ("window=15m&step=15m", 1, True),
        ("window=15m&step=5m", 2, False),
        ("window=1h&step=5m", 2, False),
        ("window=1h&step=15m", 1, False),
    ],
)
def test_a_minute_is_in_one_window_unless_windows_are_asked_to_slide(
    ask, context: AppContext, clock, query: str, count: int, additive: bool
):
    """Windows that would reach beyond 12:00 are not given."""
    minute(context, clock.now - timedelta(minutes=6), observed_ms=60_000, entries=1)
    between = "from=2026-11-20T10:00:00Z&until=2026-11-20T12:00:00Z"
    body = ask.get(f"{PATH}?{query}&{between}").json()

    assert [one["entries"] for one in body["windows"]] == [1] * count
    assert all(one["ends_at"] <= "2026-11-20T12:00:00Z" for one in body["windows"])
    assert body["additive"] is additive


def test_the_hours_of_an_hour_add_up_to_what_was_counted(ask, context: AppContext, clock):
    for minutes in range(1, 121):
        at = clock.now - timedelta(minutes=minutes)
        minute(context, at, observed_ms=60_000, visits=1)
    query = "window=1h&from=2026-11-20T11:00:00Z&until=2026-11-20T12:00:00Z"
    windows = ask.get(f"{PATH}?{query}").json()["windows"]
    assert [one["visits"] for one in windows] == [60]
    assert [one["complete"] for one in windows] == [True]


def test_a_silent_camera_of_the_sites_file_is_missing_and_a_strange_one_is_named(
    ask, context: AppContext, clock
):
    site = context.sites.location("KX-01")
    expected = len(site.expected_cameras(clock.now - timedelta(hours=1), clock.now))
    with database.writing(context.engine) as connection:
        connection.execute(
            database.minute_tallies.insert().values(
                location="KX-01",
                device="stranger",
                minute_at=int((clock.now - timedelta(minutes=6)).timestamp()),
                reports=1,
                observed_ms=60_000,
            )
        )
    (window,) = ask.get(PATH).json()["windows"]
    assert (window["cameras"], window["expected_cameras"]) == (1, expected)
    assert window["unlisted_cameras"] == ["stranger"]
    assert window["observed_share"] == round(60 / (300 * expected + 60), 4)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("window=7m", "'5m', '15m' or '1h'"),
        ("window=5m&step=15m", "leaves gaps"),
        ("window=5m&window=zz", "'5m', '15m' or '1h'"),
        ("from=2026-11-20T10:00:00", "timezone"),
        ("from=yesterday", "`from` in the query"),
        ("from=-1e300", "`from` in the query"),
        ("from=0001-01-01T00:00:00%2B14:00", "ask between 2020-01-01 and tomorrow"),
        ("until=9999-12-31T23:59:59-14:00", "ask between 2020-01-01 and tomorrow"),
        ("from=2026-11-20T12:00:00Z", "is not after from"),
        ("from=2026-11-20T11:00:00Z&until=2026-11-20T10:00:00Z", "is not after from"),
        ("from=2026-11-01T00:00:00Z", "at most 7 days"),
        ("from=2026-11-20T10:00:00%00Z", "`from` in the query"),
    ],
)
def test_a_stretch_that_cannot_be_served_is_refused(ask, query: str, sentence: str):
    answer = ask.get(f"{PATH}?{query}")

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_what_is_counted_shows_a_second_later_at_the_latest(ask, context: AppContext, clock):
    before = ask.get(PATH).json()["windows"]
    minute(context, clock.now - timedelta(minutes=6), observed_ms=60_000, entries=1)
    clock.advance(timedelta(seconds=1))

    assert before == []
    assert [one["entries"] for one in ask.get(PATH).json()["windows"]] == [1]
