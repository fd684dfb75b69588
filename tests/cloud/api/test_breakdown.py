"""Audience by site and by camera: parts add up, pages join, invalid queries are refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import jsonschema_rs
import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.ingest import report_store, venue_sums
from cloud.ingest.minute_sums import MinuteSums
from cloud.windows.venue_types import sync_venue_types
from wire.audience import AgeGroup, AudienceReport, BlindCause, DemographicCell, Gender

HOUR = timedelta(hours=1)
DAY = "from=2026-11-20T00:00Z&until=2026-11-20T13:00Z"
FROM = datetime(2026, 11, 20, 7, tzinfo=UTC)
VENUES = {"KX-01": "10503", "LB-01": "10604", "WL-01": "10604"}
WOMEN = DemographicCell(age=AgeGroup.FROM_25, gender=Gender.FEMALE, visits=1, onlookers=1)


@pytest.fixture(autouse=True)
def counted(context: AppContext, clock, report: Callable[..., AudienceReport]) -> None:
    """Two visits in each of three hours at three places, two cameras at one of them."""
    tallies = MinuteSums()
    cameras = [("KX-01", "kx-01-cam-1"), ("KX-01", "kx-01-cam-2"), ("LB-01", "lb"), ("WL-01", "wl")]
    for (location, device), ago in product(cameras, (1, 2, 5)):
        at = clock.now - timedelta(hours=ago)
        tallies.add(report(location=location, device=device, starts_at=at, visits=2,
                           blind_ms={BlindCause.DARK: 500}, demographics=(WOMEN,)))  # fmt: skip
    with database.writing(context.engine) as connection:
        sync_venue_types(connection, VENUES)
        report_store.add_sums(connection, tallies, clock.now)
        venue_sums.add_venue_sums(connection, tallies, 0)


def visits(answer, *names: str) -> dict[tuple[str, ...], int]:
    assert answer.status_code == 200, answer.text
    return {tuple(cell[name] for name in names): cell["visits"] for cell in answer.json()["cells"]}


def test_the_whole_network_is_one_group_unless_parts_are_asked_for(ask, context: AppContext, clock):
    (whole,) = ask.get(f"/api/audience?{DAY}").json()["cells"]
    assert (whole["visits"], whole["onlookers"], whole["attention_rate"]) == (24, 12, 0.5)
    # ten seconds of twelve cameras reported; up to now every camera of the sites file is expected
    cameras = [site.expected_cameras(clock.now - HOUR, clock.now) for site in context.sites]
    expected_s = 12 * 3600.0 * sum(map(len, cameras))
    assert (whole["reported_s"], whole["expected_s"]) == (120.0, expected_s)
    assert whole["observed_share"] == round(108 / expected_s, 4)
    assert (whole["blind_s"], whole["cameras"]) == ({"dark": 6.0}, None)
    assert (whole["dwell_mean_s"], whole["peak"]) == (4.0, 2)


@pytest.mark.parametrize(
    ("question", "names", "found"),
    [
        ("by=venue_type", ("venue_type",), {("10503",): 12, ("10604",): 12}),
        ("by=venue_type&venue_type=10604", ("venue_type",), {("10604",): 12}),
        (
            "by=hour&venue_type=10503",
            ("starts_at",),
            {(f"2026-11-20T{hour:02}:00:00Z",): 4 for hour in (7, 10, 11)},
        ),
        ("by=location&venue_type=10604", ("location",), {("LB-01",): 6, ("WL-01",): 6}),
        ("by=device&location=KX-01", ("device",), {("kx-01-cam-1",): 6, ("kx-01-cam-2",): 6}),
        (
            "by=device&by=hour&location=LB-01",
            ("device", "starts_at"),
            {("lb", f"2026-11-20T{hour:02}:00:00Z"): 2 for hour in (7, 10, 11)},
        ),
        ("by=venue_type&venue_type=301", ("venue_type",), {}),
        ("by=day&by=location", ("location",), {("KX-01",): 12, ("LB-01",): 6, ("WL-01",): 6}),
    ],
)
def test_groups_from_the_whole_network_to_one_camera_and_hour(ask, question, names, found):
    assert visits(ask.get(f"/api/audience?{question}&{DAY}"), *names) == found


@pytest.mark.parametrize(
    "path", ["/api/audience", "/api/audience?by=device&by=hour", "/api/demographics?by=day"]
)
def test_groups_are_as_the_openapi_document_says(ask, path: str):
    document = ask.get("/openapi.json").json()
    operation = document["paths"][path.split("?")[0]]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answer = ask.get(path).json()
    jsonschema_rs.validate({**schema, "components": document["components"]}, answer)
    assert answer.get("cells", answer.get("groups"))


def test_pages_of_places_meet(ask):
    first = ask.get(f"/api/audience?by=location&limit=2&{DAY}")
    second = ask.get(f"/api/audience?by=location&limit=2&after={first.json()['next']}&{DAY}")
    assert visits(first, "location") == {("KX-01",): 12, ("LB-01",): 6}
    assert visits(second, "location") == {("WL-01",): 6}
    assert (first.json()["next"], second.json()["next"]) == ("LB-01", None)
    assert [cell["cameras"] for cell in first.json()["cells"]] == [2, 1]


def test_without_a_stretch_it_is_the_last_day_with_the_running_hour(ask):
    answer = ask.get("/api/audience").json()
    assert (answer["starts_at"], answer["ends_at"]) == (
        "2026-11-19T13:00:00Z",
        "2026-11-20T13:00:00Z",
    )
    assert answer["cells"][0]["visits"] == 24


def test_one_location_is_answered_to_the_minute(ask):
    answer = ask.get("/api/audience?location=KX-01&from=2026-11-20T10:00Z&until=2026-11-20T11:01Z")
    assert answer.json()["cells"][0]["visits"] == 8


def test_demographics_are_those_of_the_network_a_venue_type_or_a_location(ask):
    def groups(question: str) -> list[tuple[object, ...]]:
        found = ask.get(f"/api/demographics?{question}{DAY}").json()["groups"]
        names = ("venue_type", "location", "age", "gender", "visits", "onlookers")
        return [tuple(one[name] for name in names) for one in found]

    assert groups("") == [(None, None, "25-34", "female", 12, 12)]
    assert groups("by=venue_type&") == [
        ("10503", None, "25-34", "female", 6, 6),
        ("10604", None, "25-34", "female", 6, 6),
    ]
    assert groups("location=LB-01&") == [(None, "LB-01", "25-34", "female", 3, 3)]
    assert len(groups("by=hour&venue_type=10604&")) == 3


@pytest.mark.parametrize(
    ("question", "status", "sentence"),
    [
        ("by=weather", 422, "'location', 'venue_type', 'device', 'hour' or 'day'"),
        ("location=XX-99", 404, "XX-99"),
        ("from=2026-11-20T10:30Z&until=2026-11-20T12:00Z", 422, "whole hours"),
        ("by=location&from=2026-11-20T10:30Z", 422, "whole hours"),
        ("location=KX-01&from=2026-11-17T10:30Z", 422, "to the minute"),
        ("from=2026-10-01T00:00Z", 422, "at most 31 days"),
        ("by=hour&from=2026-11-01T00:00Z", 422, "at most 7 days"),
        ("from=2026-11-20T12:00Z&until=2026-11-20T11:00Z", 422, "is not after from"),
        ("venue_type=%27", 422, "venue_type"),
        ("venue_type=nowhere", 422, "is no OpenOOH id: the sites here have"),
        ("after=%25", 422, "after"),
        ("limit=0", 422, "limit"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(ask, question, status, sentence):
    answer = ask.get(f"/api/audience?{question}")
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def test_demographics_of_one_location_are_for_a_month_at_most(ask):
    where = "/api/demographics?location=KX-01&until=2026-11-20T00:00Z&from="
    assert ask.get(f"{where}2026-10-20T00:00Z").status_code == 200
    answer = ask.get(f"{where}2026-10-18T00:00Z")
    assert (answer.status_code, "31 days" in answer.json()["detail"]) == (422, True)


def test_a_camera_that_the_sites_file_does_not_list_is_marked_and_replaces_no_listed_one(
    ask, context: AppContext
):
    query = "by=device&location=LB-01&from=2026-11-20T07:00:00Z&until=2026-11-20T08:00:00Z"
    (cell,) = ask.get(f"/api/audience?{query}").json()["cells"]
    assert (cell["device"], cell["is_listed"], cell["expected_s"]) == ("lb", False, 0.0)

    (hour,) = ask.get(f"/api/audience?{query.replace('device', 'location')}").json()["cells"]
    site = context.sites.location("LB-01")
    expected_s = site.expected_ms(FROM, FROM + HOUR) / 1000
    assert (hour["expected_s"], hour["is_listed"]) == (expected_s, None)
    assert hour["observed_share"] == round(9 / (expected_s + 9), 4)
