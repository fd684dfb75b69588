"""Every answer has an id and headers, a bounded body, and a HEAD without one."""

import re
from collections.abc import AsyncIterator

import pytest

from cloud.app.context import AppContext
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.route_table import API_ROUTES
from tests.cloud.api.test_route_access import fill_path, first_message

READ = sorted({route.path for route in API_ROUTES if "GET" in route.methods})


@pytest.mark.parametrize("path", READ)
def test_whatever_can_be_read_answers_head_with_the_same_headers(ask: ApiClient, path: str):
    where = fill_path(path) + "?time_slot=2026-11-23T08:00&by=age"
    if path == "/api/live":
        head = first_message(ask.app, "http", where.partition("?")[0], "HEAD")
        assert head["status"] == 200
        return
    head, read = ask("HEAD", where), ask.get(where)
    changing = {"x-request-id"}

    assert head.status_code == read.status_code != 405
    assert head.content == b""
    headers = [{k: v for k, v in one.headers.items() if k not in changing} for one in (head, read)]
    if path != "/metrics":  # its length changes with each question
        assert headers[0] == headers[1]


def test_head_of_a_tagged_answer_is_304_when_it_is_held(ask: ApiClient):
    path = "/api/pricing/slot/KX-01/2026-11-23T08:00"
    tag = ask("HEAD", path).headers["etag"]
    assert ask("HEAD", path, headers={"if-none-match": tag}).status_code == 304
    assert 'method="HEAD",route="/api/pricing/slot/{location}/{time_slot}"' in (
        ask.get("/metrics").text
    )


JSON = {"content-type": "application/json"}


def test_a_request_keeps_its_plain_id_and_loses_any_other(ask):
    named = ask.get("/healthz", headers={"x-request-id": "campaign-7-step-2"})
    hostile = ask.get("/healthz", headers={"x-request-id": "x" * 500})

    assert named.headers["x-request-id"] == "campaign-7-step-2"
    assert re.fullmatch("[0-9a-f]{16}", hostile.headers["x-request-id"])


def test_every_answer_forbids_the_browser_to_guess_or_to_fetch_elsewhere(ask):
    for path in ("/", "/docs", "/api/locations", "/none"):
        headers = ask.get(path).headers
        policy = headers["content-security-policy"]

        assert headers["x-content-type-options"] == "nosniff"
        assert policy.startswith("default-src 'self'" if path == "/" else "default-src 'none'")
        assert not re.search("http|unsafe|\\*", policy)


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


def test_a_fault_says_nothing_but_its_request_id(ask, context: AppContext, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret of the database")

    monkeypatch.setattr(type(context.forecast_cache), "fresh", broken)
    answer = ask.get("/api/pricing/slot/KX-01/2026-11-23T08:00")

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
