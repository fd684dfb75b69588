"""How the API serves the pages: without a key, with a strict policy, compressed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.quota import Quota
from cloud.portal.addresses import SECTIONS
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock, open_app_context


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppContext]:
    with open_app_context(tmp_path_factory.mktemp("pages"), ManualClock()) as context:
        yield context


@pytest.fixture(scope="module")
def locked(context: AppContext) -> ApiClient:
    return ApiClient(create_app(context, quota=Quota()))


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize("path", ["/", "/live", "/orders/17", "/sales/a/b/c"])
def test_every_page_is_the_same_document_without_a_key(locked: ApiClient, path: str):
    answer = locked.get(path)
    assert answer.status_code == 200
    assert "<title>Onlooker</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("bundle")
def test_the_policy_admits_this_server_only(locked: ApiClient):
    policy = locked.get("/").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.usefixtures("bundle")
def test_assets_are_compressed_and_kept_for_ever(locked: ApiClient):
    plain = locked.get("/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
    packed = locked.get("/assets/index-1a2b.js", headers={"accept-encoding": "gzip"})
    refused = locked.get("/assets/index-1a2b.js", headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
    assert plain.content == packed.content  # the client unpacks
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize("name", ["absent.js", "notes.txt", "..%2Findex.html", "index-1a2b.js.gz"])
def test_only_assets_of_the_bundle_are_served(locked: ApiClient, name: str):
    answer = locked.get(f"/assets/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_path_of_the_api_is_a_problem(context: AppContext):
    for path in ("/api/nothing", "/api", "/nothing"):
        answer = ApiClient(create_app(context)).get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_portal_that_was_not_built_says_how(locked: ApiClient, bundle: Path):
    (bundle / "index.html").unlink()
    answer = locked.get("/live")
    assert answer.status_code == 503
    assert "make portal" in answer.text
    assert locked.get("/assets/index-1a2b.js").status_code == 404


def test_every_page_of_the_router_is_in_a_section_that_is_served():
    source = Path(__file__).resolve().parents[3] / "cloud" / "portal" / "web" / "src" / "pages"
    paths = [
        line.partition('path: "')[2].partition('"')[0]
        for file in source.glob("*/routes.ts")
        for line in file.read_text().splitlines()
        if 'path: "' in line
    ]
    assert len(paths) > 3
    assert {path.split("/")[1] for path in paths} - {""} <= SECTIONS
