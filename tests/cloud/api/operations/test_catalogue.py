"""The catalogue over HTTP: what the lake has, or that this server has none."""

from dataclasses import replace

import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.lake.catalogue.cached_catalogue import LakeCatalogue
from tests.cloud.api.conftest import ApiClient
from tests.cloud.lake.catalogue.small_lake import HOSTILE, open_small_lake

PATH = "/api/catalogue"
REPORTS = "trusted.audience_reports"


@pytest.fixture
def lake(context: AppContext):
    with open_small_lake() as found:
        catalogue = LakeCatalogue(found.storage.root)
        yield ApiClient(create_app(replace(context, engine=found.engine, lake_catalogue=catalogue)))


def test_a_server_without_a_lake_says_so(ask):
    assert ask.get(PATH).json() == {
        "configured": False, "read_at": None, "tables": [], "lineage": [],
    }  # fmt: skip
    assert ask.get(f"{PATH}/{REPORTS}").json()["title"] == "Unknown table"


def test_tables_are_listed_with_quality_and_described_in_full(lake):
    answer = lake.get(PATH).json()
    tables = {one["name"]: one for one in answer["tables"]}
    assert (tables[REPORTS]["rows"], tables[REPORTS]["quarantined_rows"]) == (4, 1)
    assert tables[REPORTS]["rules_failed"] == 1
    assert tables["curated.audience_metrics"]["newest_on"] is None
    edge = {"source": "raw.audience_reports", "target": REPORTS, "job": "promote_to_trusted"}
    assert edge in answer["lineage"]

    detail = lake.get(f"{PATH}/{REPORTS}").json()
    failed = detail["rules"][0]
    assert (failed["name"], failed["rows_failed"]) == ("location_format", 1)
    assert HOSTILE in detail["quarantine"][0]["sample"]
    assert detail["contract"]["owner"]
    assert "raw.audience_reports" in detail["sources"]
    assert [day["rows"] for day in detail["days"]] == [1, 3]
    assert lake.get(f"{PATH}/trusted.nothing").status_code == 404


def test_a_lake_that_cannot_be_read_is_no_empty_lake(context: AppContext, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    broken = replace(context, lake_catalogue=LakeCatalogue(str(blocked / "lake")))
    answer = ApiClient(create_app(broken)).get(PATH)
    assert (answer.status_code, answer.json()["title"]) == (503, "Lake unavailable")
