"""Cameras are exported, compared and imported; an import changes nothing without --apply."""

from cloud.fleet.assets.table_api import ADDRESS_VARIABLE
from tests.cloud.fleet.assets.stub_service_now import running


def test_a_file_is_exported_compared_and_imported(fleet, run_command, tmp_path):
    path = tmp_path / "assets.csv"
    assert run_command("assets", "export", path) == (0, f"{path}: 4 assets\n")
    assert run_command("assets", "reconcile", path)[1] == "0 missing, 0 extra, 0 different fields\n"
    path.write_text("name,location,asset_tag\ncam-1,LB-01,T1\nnew,KX-01,\n")
    report = run_command("assets", "reconcile", path)[1]
    assert "3 missing, 1 extra" in report
    status, out = run_command("assets", "import", path)
    assert status == 0
    assert "cam-1: location KX-01 becomes LB-01, asset_tag unknown becomes T1" in out
    assert "2 devices would be written" in out
    assert "2 devices would be written" in run_command("assets", "import", path)[1]
    assert "2 devices written" in run_command("assets", "import", path, "--apply")[1]
    assert "0 devices would be written" in run_command("assets", "import", path)[1]


def test_without_a_file_the_table_api_is_used(fleet, run_command, monkeypatch):
    status, out = run_command("assets", "export")
    assert status == 2
    assert "name a CSV file, or set ONLOOKER_SERVICENOW_URL" in out
    with running() as stub:
        monkeypatch.setenv(ADDRESS_VARIABLE, f"http://ann:p%40ss@127.0.0.1:{stub.port}")
        assert run_command("assets", "export")[1] == (
            "4 records created, 0 changed, of 4 assets\n"
        )  # fmt: skip
        assert run_command("assets", "reconcile")[1].startswith("0 missing")
