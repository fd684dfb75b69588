"""The fleet follows the sites file while it runs."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from cloud.database import reading
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.registry.sites_sync import SitesSync
from cloud.sites.reload import SitesFile
from tests.cloud.alerting.conftest import sites_file

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_a_camera_that_the_sites_file_adds_is_registered(engine: Engine, tmp_path: Path) -> None:
    file = sites_file(tmp_path / "sites.yaml", {"KX": "[a]"})
    steady = [0.0]
    listed = SitesSync(engine, SitesFile(file, steady_clock=lambda: steady[0]))
    assert listed.register(NOON) == 1
    sites_file(file, {"KX": "[a, b]"})
    listed.register_again(NOON)
    steady[0] = 10.0
    listed.register_again(NOON)
    listed.register_again(NOON)
    with reading(engine) as connection:
        assert devices.find_names(connection, DeviceSelector()) == ["a", "b"]
