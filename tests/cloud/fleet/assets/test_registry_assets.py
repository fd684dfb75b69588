"""An asset has certificate, firmware and site; an import changes what the CMDB is the source of."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.database import device_status
from cloud.fleet.assets.asset import CONTAINS, OPERATIONAL, CameraAsset
from cloud.fleet.assets.registry_assets import apply_import, list_assets, plan_import
from cloud.fleet.history import Author, read_history
from cloud.fleet.registry.devices import (
    Device,
    RegistryError,
    record_certificate,
    register_device,
)
from cloud.fleet.retirement import retire
from tests.cloud.databases import SQLITE_ONLY

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
AUTHOR = Author("operator:ann", NOW)
pytestmark = SQLITE_ONLY


def test_an_asset_has_what_the_registry_knows(connection: Connection):
    register_device(
        connection, Device("a", "KX-01", serial="SN1", attributes={"model": "C2"}), AUTHOR
    )
    record_certificate(connection, "a", "0A1B", NOW + timedelta(days=30), AUTHOR)
    connection.execute(
        device_status.insert().values(
            location="KX-01", device="a", presence="online",
            heartbeat='{"versions": {"agent": "1.4.0"}}',
        )
    )  # fmt: skip
    assert list_assets(connection, NOW) == [
        CameraAsset(
            "a", "KX-01", "SN1", "C2", firmware_version="1.4.0", operational_status=OPERATIONAL,
            u_certificate="0A1B", u_certificate_ends_on="2026-12-20", parent="KX-01",
            relationship=CONTAINS,
        )
    ]  # fmt: skip


def test_an_import_changes_only_what_the_cmdb_knows(connection: Connection):
    kept = Device("a", "KX-01", serial="SN1", attributes={"lens": "wide", "model": "C1"})
    register_device(connection, kept, AUTHOR)
    cmdb = [
        CameraAsset("a", model_id="C2", warranty_expiration="2028-01-31", firmware_version="9"),
        CameraAsset("b", "LB-01", "SN2"),
    ]
    planned = plan_import(connection, cmdb)
    assert [what for _, what in planned] == [
        "model C1 becomes C2, warranty_until unknown becomes 2028-01-31", "new at LB-01",
    ]  # fmt: skip
    apply_import(connection, planned, AUTHOR)
    first, second = list_assets(connection, NOW)
    assert (first.serial_number, first.model_id, first.firmware_version) == ("SN1", "C2", "")
    assert (second.name, second.location) == ("b", "LB-01")
    assert plan_import(connection, cmdb) == []
    events = [one.event for one in read_history(connection, None, last=2)]
    assert events == ["device.registered"] * 2


def test_a_retired_device_is_left_out(connection: Connection):
    register_device(connection, Device("a", "KX-01"), AUTHOR)
    retire(connection, "a", AUTHOR)
    assert list_assets(connection, NOW) == []
    assert plan_import(connection, [CameraAsset("a", "LB-01")]) == []


def test_a_new_camera_without_location_is_refused(connection: Connection):
    with pytest.raises(RegistryError, match="'c' is not registered and has no location"):
        plan_import(connection, [CameraAsset("c")])
