"""Properties of every answer: ids, headers, problems, the OpenAPI document."""

import re
from collections.abc import AsyncIterator

import jsonschema
import pytest

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


def test_a_request_keeps_its_plain_id_and_loses_any_other(ask):
    named = ask.get("/healthz", headers={"x-request-id": "campaign-7-step-2"})
    hostile = ask.get("/healthz", headers={"x-request-id": "x" * 500})

    assert named.headers["x-request-id"] == "campaign-7-step-2"
    assert re.fullmatch("[0-9a-f]{16}", hostile.headers["x-request-id"])


def test_every_answer_forbids_the_browser_to_guess_or_to_fetch_elsewhere(ask):
    for path in ("/", "/docs", "/api/locations", "/none"):
        headers = ask.get(path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "http" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    ["/", "/prices", "/docs", "/static/live.js", "/static/prices.js", "/static/onlooker.css"],
)
def test_the_pages_ask_nothing_of_anybody_else(ask, path: str):
    answer = ask.get(path)
    addresses = set(re.findall(r"https?://[^\s\"')]+", answer.text))

    assert answer.status_code == 200
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("name", ["..%2Fapp.py", "%2e%2e/app.py", "app.py", "live.html%00"])
def test_only_the_files_of_the_pages_are_served(ask, name: str):
    assert ask.get(f"/static/{name}").status_code == 404


def test_an_unknown_path_and_a_wrong_method_are_problems(ask):
    lost = ask.get("/api/nothing")
    wrong = ask("DELETE", "/api/locations")

    assert (lost.status_code, lost.json()["title"]) == (404, "Not found")
    assert (wrong.status_code, wrong.json()["title"]) == (405, "Method not allowed")
    assert wrong.headers["allow"] == "GET"


def test_a_large_body_is_refused_before_it_is_read(ask):
    answer = ask("POST", "/api/locations", content=b"x" * 1_000_000)

    assert answer.status_code == 413
    assert "at most 262144 bytes" in answer.json()["detail"]


def test_a_body_without_a_length_is_cut_off_where_it_becomes_too_large(ask):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    answer = ask("POST", "/api/pricing/batch", content=endless(), headers=JSON)

    assert answer.status_code == 413
    assert "at most 262144 bytes" in answer.json()["detail"]


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


def test_a_fault_says_nothing_but_its_request_id(ask, context: AppContext, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(type(context.forecast_cache), "fresh", broken)
    answer = ask.get(PATHS["/api/pricing/slot/{location}/{time_slot}"])

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert answer.json()["request_id"] in {
        getattr(record, "request_id", None) for record in caplog.records
    }


def test_metrics_count_by_route_and_not_by_address(ask):
    ask.get("/api/audience/KX-01")
    ask.get("/api/audience/XX-99")
    ask.get("/wp-admin.php")
    text = ask.get("/metrics").text

    route = 'method="GET",route="/api/audience/{location}"'
    assert f'onlooker_http_requests_total{{{route},status="200"}} 1.0' in text
    assert f'onlooker_http_requests_total{{{route},status="404"}} 1.0' in text
    assert 'route="unmatched",status="404"' in text
    assert "wp-admin" not in text


def test_the_openapi_document_names_every_route_with_its_errors(ask):
    document = ask.get("/openapi.json").json()

    assert set(document["paths"]) >= {*PATHS, *POSTED, "/api/fleet/devices/{device}"}
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                kind = "application/problem+json"
                assert status in {"200", "201", "204", "304"} or set(answer["content"]) == {kind}
                assert answer["description"]


@pytest.mark.parametrize(("route", "path"), list(PATHS.items()))
def test_answers_are_as_the_openapi_document_says(ask, route: str, path: str):
    document = ask.get("/openapi.json").json()
    answer = ask.get(path)
    content = document["paths"][route]["get"]["responses"]["200"]["content"]
    kind = answer.headers["content-type"].split(";")[0]

    assert kind in content
    if kind == "application/json":
        schema = {**content[kind]["schema"], "components": document["components"]}
        jsonschema.validate(answer.json(), schema)
