"""A problem document is bounded, always encodable, and names its type after its title."""

import json

import pytest
from starlette.requests import Request

from cloud.app.problem import (
    DESCRIPTIONS,
    MAX_FAULTS,
    REFUSALS,
    describe_faults,
    problem_response,
    problem_responses,
)


def request_of(path: str = "/api/locations", request_id: str | None = "abc") -> Request:
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"a=b",
             "scheme": "http", "server": ("localhost", 80)}  # fmt: skip
    return Request(scope | ({"request_id": request_id} if request_id else {}))


def test_a_problem_has_the_fields_of_the_rfc_and_the_request_id() -> None:
    response = problem_response(request_of(), 404, "Unknown location", "no location 'X'")
    assert (response.status_code, response.media_type) == (404, "application/problem+json")
    assert json.loads(response.body) == {
        "type": "urn:onlooker:unknown-location",
        "title": "Unknown location",
        "status": 404,
        "detail": "no location 'X'",
        "instance": "/api/locations",
        "request_id": "abc",
    }


def test_headers_are_added_and_a_request_without_an_id_has_an_empty_one() -> None:
    headers = {"Retry-After": "5"}
    response = problem_response(request_of(request_id=None), 503, "Busy", "later", headers)
    assert response.headers["retry-after"] == "5"
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.body)["request_id"] == ""
    assert headers == {"Retry-After": "5"}


@pytest.mark.parametrize(
    ("detail", "written"),
    [
        ("x" * 5_000, "x" * 1_000),
        ("", ""),
        ('"quotes" and \n\x00\x1b[31m', '"quotes" and \n\x00\x1b[31m'),
        ("é \U0001f4a9", "é \U0001f4a9"),
        ("no file 'a\udcff.yaml'", "no file 'a?.yaml'"),  # as os.fsdecode gives it
        ("\ud800" * 2_000, "?" * 1_000),
    ],
)
def test_any_detail_is_encoded_and_bounded(detail: str, written: str) -> None:
    found = json.loads(problem_response(request_of(), 422, "Not understood", detail).body)
    assert found["detail"] == written


def test_a_long_path_is_cut_and_the_query_is_not_shown() -> None:
    found = json.loads(problem_response(request_of("/" + "a" * 5_000), 404, "T", "d").body)
    assert len(found["instance"]) == 1_000
    assert "a=b" not in found["instance"]


def test_faults_are_listed_after_their_places_up_to_a_limit() -> None:
    faults = [{"loc": (number,), "msg": f"fault {number}"} for number in range(MAX_FAULTS + 5)]
    described = describe_faults(faults, lambda fault: f"field {fault['loc'][0]}")
    assert described.startswith("field 0: fault 0; field 1: fault 1; ")
    assert described.count("; ") == MAX_FAULTS - 1
    assert describe_faults([], lambda fault: "") == ""


def test_every_status_that_a_route_names_is_described() -> None:
    responses = problem_responses(*REFUSALS, 404)
    assert set(responses) == {401, 403, 429, 404}
    assert all(one["description"] and one["model"] is None for one in responses.values())
    with pytest.raises(KeyError):
        problem_responses(418)
    assert all(not text.endswith(".") for text in DESCRIPTIONS.values())
