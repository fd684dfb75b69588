"""Properties of every answer: ids, headers, problems, the OpenAPI document."""

from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest

from cloud.api.application import openapi
from cloud.app.context import AppContext

POSTED = ("/api/pricing/batch", "/api/pricing/optimize")
JSON = {"content-type": "application/json"}
PATHS = {
    "/api/locations": "/api/locations",
    "/api/audience": "/api/audience?by=venue_type",
    "/api/audience/{location}": "/api/audience/KX-01",
    "/api/demographics": "/api/demographics",
    "/api/alerts": "/api/alerts",
    "/api/pricing/slot/{location}/{time_slot}": "/api/pricing/slot/KX-01/2026-11-23T08:00",
    "/api/pricing/forecast/{location}": "/api/pricing/forecast/KX-01?days=1",
    "/api/inventory": "/api/inventory?time_slot=2026-11-23T08:00",
    "/api/pricing/explain/{location}/{time_slot}": "/api/pricing/explain/KX-01/2026-11-23T08:00",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
    "/metrics": "/metrics",
}


def test_an_unknown_path_and_a_wrong_method_are_problems(ask):
    lost = ask.get("/api/nothing")
    wrong = ask("DELETE", "/api/locations")

    assert (lost.status_code, lost.json()["title"]) == (404, "Not found")
    assert (wrong.status_code, wrong.json()["title"]) == (405, "Method not allowed")
    assert wrong.headers["allow"] == "GET"


def test_answers_of_some_length_travel_compressed_to_who_can_read_them(ask):
    plain = ask.get("/api/locations", headers={"accept-encoding": "identity"})
    packed = ask.get("/api/locations", headers={"accept-encoding": "gzip"})

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()


def test_a_lost_database_is_503_and_healthz_stays_alive(ask, context: AppContext, tmp_path):
    context.engine.dispose()
    for file in tmp_path.glob("onlooker.db*"):
        file.unlink()
    (tmp_path / "onlooker.db").mkdir()

    for path in (
        "/readyz",
        "/api/audience/KX-01",
        PATHS["/api/pricing/slot/{location}/{time_slot}"],
    ):
        answer = ask.get(path)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "onlooker.db" not in answer.text
    assert ask.get("/healthz").status_code == 200


def test_example_slots_of_the_openapi_document_are_ahead_of_the_clock(ask, clock):
    def example() -> str:
        path = ask.get("/openapi.json").json()["paths"]["/api/inventory"]
        return path["get"]["parameters"][0]["schema"]["examples"][0]

    assert example() == "2026-11-23T08:00"  # it is Friday the 20th
    assert ask.get("/api/inventory", params={"time_slot": example()}).status_code == 200
    clock.advance(timedelta(days=2))
    assert example() == "2026-11-30T08:00"
    assert "2030-01" not in ask.get("/openapi.json").text


def test_the_openapi_document_names_every_route_with_its_errors(ask):
    document = ask.get("/openapi.json").json()

    assert set(document["paths"]) >= {*PATHS, *POSTED, "/api/fleet/devices/{device}"}
    for name, path in document["paths"].items():
        kinds = [{"application/problem+json"}]
        if name.startswith(("/opendirect/", "/mcp")):  # which have errors of their own
            kinds.append({"application/json"})
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status not in {"200", "201", "202", "204", "302", "304"}:
                    assert set(answer["content"]) in kinds
                assert answer["description"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document, which is the same for every application."""
    return openapi()


@pytest.mark.parametrize(("route", "path"), list(PATHS.items()))
def test_answers_are_as_the_openapi_document_says(ask, document, route: str, path: str):
    answer = ask.get(path)
    content = document["paths"][route]["get"]["responses"]["200"]["content"]
    kind = answer.headers["content-type"].split(";")[0]

    assert kind in content
    if kind == "application/json":
        schema = {**content[kind]["schema"], "components": document["components"]}
        jsonschema_rs.validate(schema, answer.json())
