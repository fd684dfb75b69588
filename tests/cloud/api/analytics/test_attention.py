"""Analyses by the API: figures as the OpenAPI document says, and what is refused."""

from collections.abc import Iterator

import jsonschema_rs
import pytest

from cloud.api.application import create_app
from cloud.database import writing
from tests.cloud.analytics.counted_hours import CountedHour, store_hours
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    clock = ManualClock()
    with open_app_context(tmp_path_factory.mktemp("analytics"), clock) as context:
        hours = [CountedHour(ago, 8, viewers=10 + 10 * place + ago % 3, location=location)
                 for ago in range(1, 10)
                 for place, location in enumerate(("KX-01", "LB-01", "WA-01"))]  # fmt: skip
        hours.append(CountedHour(1, 8, visits=4, viewers=2, location="BA-01"))
        with writing(context.engine) as connection:
            store_hours(connection, hours)
        yield ApiClient(create_app(context))


@pytest.mark.parametrize("what", ["attention", "week", "effectiveness", "demographics"])
def test_answers_are_as_the_openapi_document_says(client: ApiClient, what: str) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"][f"/api/analytics/{what}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answer = client.get(f"/api/analytics/{what}?days=14")
    assert answer.status_code == 200, answer.text
    jsonschema_rs.validate({**schema, "components": document["components"]}, answer.json())
    again = {"if-none-match": answer.headers["etag"]}
    assert client.get(f"/api/analytics/{what}?days=14", headers=again).status_code == 304


def test_locations_without_data_have_no_figures(client: ApiClient) -> None:
    found = client.get("/api/analytics/attention?days=14&hour_from=8&hour_until=9").json()
    by_id = {one["location"]: one for one in found["locations"]}
    assert by_id["KX-01"]["rate"]["days"] == 9
    assert by_id["KX-01"]["observed_share"] == pytest.approx(9 / 14, abs=1e-4)
    silent = by_id["CW-01"]
    assert (silent["state"], silent["rate"], silent["visits"]) == ("not_observed", None, None)
    assert silent["observed_share"] == 0.0


def test_a_suppressed_cell_has_no_figure_of_its_people(client: ApiClient) -> None:
    found = client.get("/api/analytics/attention?days=14&hour_from=8&hour_until=9").json()
    (few,) = [one for one in found["locations"] if one["location"] == "BA-01"]
    assert (few["state"], few["observed_s"]) == ("suppressed", 3_600)
    assert {few[name] for name in ("rate", "visits", "viewers", "attention_s", "ots_s")} == {None}


def test_effective_locations_come_first(client: ApiClient) -> None:
    found = client.get("/api/analytics/effectiveness?days=14&hour_from=8&hour_until=9").json()
    shown = [(one["location"], one["shrunk"] and one["shrunk"]["rank"])
             for one in found["locations"][:4]]  # fmt: skip
    assert shown == [("WA-01", 1), ("LB-01", 2), ("KX-01", 3), ("BA-01", None)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("attention?days=93", 422),
        ("attention?location=ZZ-99", 404),
        ("attention?venue_type=99999", 422),
        ("week?hour_from=9&hour_until=8", 422),
        ("demographics?days=7&location=ZZ-99", 404),
    ],
)
def test_what_cannot_be_analysed_is_refused(client: ApiClient, query: str, status: int) -> None:
    assert client.get(f"/api/analytics/{query}").status_code == status


def test_visitor_groups_of_one_location_are_of_as_many_days_as_those_of_all(
    client: ApiClient,
) -> None:
    answer = client.get("/api/analytics/demographics?days=92&location=KX-01")
    assert answer.status_code == 200
