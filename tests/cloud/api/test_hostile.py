"""Hostile requests on every route receive one clear refusal and have no effect."""

import json
from collections.abc import Iterator

import httpx
import pytest

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.server.middleware import FILES
from cloud.portal.addresses import is_page
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.test_route_access import CLOSED, ROUTES, fill_path
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, sites

JSON = {"content-type": "application/json"}
OPENDIRECT = "/opendirect/"
WITH_BODY = [(method, path) for method, path in CLOSED if method in ("POST", "PUT", "PATCH")]
WITH_NAMES = [
    (method, path)
    for method, path in ROUTES
    if "{" in path and method in ("GET", "DELETE") and not is_page(path)
]
NAMES = [
    "' OR '1'='1", "x'; DROP TABLE api_keys; --", "1 UNION SELECT * FROM api_keys",
    "%0d%0aSet-Cookie:a=b",
    "..%2f..%2fetc%2fpasswd", "%00", "%ff%fe", "\U0001f4a9", "a" * 4000, "-1", "NaN", "__proto__",
]  # fmt: skip
BODIES = [
    b'{"budget": NaN, "from": "2026-11-23", "until": "2026-11-24"}',
    b'{"budget": 1e999, "from": "0000-00-00", "until": "9999-99-99"}',
    b'{"slots": [{"location": "KX-01", "time_slot": "99999-01-01T00:00"}], "x": Infinity}',
    b"[" * 5000, b'"\\ud800"', b"\xff\xfe", b"null", b"{}", b"[]", b"", b'{"a": 1, "a": 2}',
]  # fmt: skip


def read_sentence(answer: httpx.Response) -> str:
    """Why a request was refused: a problem, or an error of OpenDirect or of JSON-RPC."""
    body = answer.json()
    if "error" in body:
        return body["error"]["message"]
    return body["errors"][0]["ErrorMessage"] if "errors" in body else body["detail"]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('hostile')}/onlooker.db")
    create_tables(engine)
    card = CARD
    yield ApiClient(create_app(AppContext(engine, sites(), card, lambda: FRIDAY_NOON)))
    engine.dispose()


@pytest.mark.parametrize(
    ("method", "path"), [one for one in WITH_BODY if not FILES.fullmatch(fill_path(one[1]))]
)
def test_a_megabyte_is_refused_unread(ask, method: str, path: str):
    answer = ask(method, fill_path(path), content=b" " * 1_000_000, headers=JSON)

    assert answer.status_code == 413
    assert "at most 262144 bytes" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_bodies_that_are_none_are_refused_with_a_sentence(ask, method: str, path: str):
    for body in BODIES:
        answer = ask(method, fill_path(path), content=body, headers=JSON)
        assert answer.status_code < 500, (body[:40], answer.text)
        if answer.status_code >= 400:
            assert read_sentence(answer)


@pytest.mark.parametrize(("method", "path"), WITH_NAMES)
def test_names_that_nobody_has_are_refused_and_come_back_as_text(ask, method, path):
    start = path.partition("{")[0]
    end = fill_path(path.partition("}")[2])
    for name in NAMES:
        answer = ask(method, f"{start}{name}{end}", headers={"idempotency-key": "k"})
        invalid = 400 if path.startswith(OPENDIRECT) else 422
        assert answer.status_code in (404, invalid), (name, answer.text)
        assert read_sentence(answer)
        assert "set-cookie" not in answer.headers
        assert "api_keys" not in json.dumps(dict(answer.headers))


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "2026-02-30", "-1", "1e9", "٢٠٢٦-01-01"]
)
def test_absurd_days_are_refused_wherever_a_day_is_asked_for(ask, day: str):
    for path in (
        f"/api/pricing/forecast/KX-01?from={day}",
        f"/api/pricing/slot/KX-01/{day}T08:00",
        f"/api/pricing/explain/KX-01/{day}T08:00",
        f"/api/inventory?time_slot={day}T08:00",
    ):
        answer = ask.get(path)
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"]


def test_headers_cannot_be_slipped_in_by_a_request_id_or_a_tag(ask):
    for value in (b"a\tb: c", b"a\r\nset-cookie: b", b"x" * 9000, "é".encode() * 20):
        answer = ask.get("/api/locations", headers={"x-request-id": value, "if-none-match": value})
        assert answer.status_code == 200
        assert answer.headers["x-request-id"].encode() != value
        assert "set-cookie" not in answer.headers


def test_a_body_that_is_no_text_is_refused_in_the_form_of_opendirect(ask):
    path = "/opendirect/2.1/products/search"
    answer = ask("POST", path, content=b"\xef\xbf\r\xd9\xa1", headers=JSON)
    assert (answer.status_code, read_sentence(answer)) == (400, "the body is no JSON")
