"""Records are read page by page, created and changed; refusals show no password."""

import pytest

from cloud.fleet.assets.asset import CameraAsset
from cloud.fleet.assets.table_api import ADDRESS_VARIABLE, CmdbError, TableApi
from tests.cloud.fleet.assets.stub_service_now import StubServiceNow, running
from wire.addresses import parse_address

ASSETS = [CameraAsset(f"cam-{n}", "KX-01", f"SN{n}") for n in range(5)]


@pytest.fixture(scope="module")
def server():
    with running() as stub:
        yield stub


@pytest.fixture
def stub(server: StubServiceNow) -> StubServiceNow:
    server.records.clear()
    server.requests.clear()
    return server


def connect(stub: StubServiceNow, user: str = "ann:p%40ss", path: str = "") -> TableApi:
    return TableApi(parse_address(f"http://{user}@127.0.0.1:{stub.port}{path}"), page=2)


def test_records_are_created_once_and_changed_where_they_differ(stub):
    api = connect(stub)
    assert api.write(ASSETS) == (5, 0)
    assert [one.asset for one in api.read()] == ASSETS
    assert stub.requests.count("GET") == 1 + 3  # pages of two
    moved = [CameraAsset("cam-0", "LB-01", "SN0"), *ASSETS[1:]]
    assert api.write(moved) == (0, 1)
    assert api.read()[0].asset.location == "LB-01"
    assert stub.requests.count("PATCH") == 1


@pytest.mark.parametrize(
    ("user", "path", "status"), [("ann:wrong", "", 401), ("ann:p%40ss", "/cmdb_ci_none", 404)]
)
def test_a_refused_call_names_the_status_and_no_password(stub, user, path, status):
    with pytest.raises(CmdbError, match=f"answered with {status}, expected") as refused:
        connect(stub, user, path).read()
    assert "wrong" not in str(refused.value)


def test_a_host_that_does_not_answer_is_named(stub):
    with pytest.raises(CmdbError, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        TableApi(parse_address("http://ann:x@127.0.0.1:1")).read()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (None, "name a CSV file, or set ONLOOKER_SERVICENOW_URL"),
        ("ftp://x", "begin it with https:// or http://"),
        ("http://ann:secret@cmdb.example", "expected https://"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(written, reason, monkeypatch):
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    if written:
        monkeypatch.setenv(ADDRESS_VARIABLE, written)
    with pytest.raises(CmdbError, match=reason) as refused:
        TableApi.from_environment()
    assert "secret" not in str(refused.value)
