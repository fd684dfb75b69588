"""Cameras that only one side knows, and fields in which both differ."""

from cloud.fleet.assets.asset import CameraAsset
from cloud.fleet.assets.reconciliation import reconcile

BOTH = CameraAsset("b", "KX-01", "SN2")


def test_missing_extra_and_different_are_reported_by_name():
    cmdb = [CameraAsset("b", "LB-01", ""), CameraAsset("z")]
    found = list(reconcile([CameraAsset("a", "KX-01"), BOTH], cmdb).lines())
    assert found == [
        "missing    a: in the registry at KX-01, not in the CMDB",
        "extra      z: in the CMDB at ?, not registered",
        "different  b: location is KX-01 in the registry, LB-01 in the CMDB",
        "different  b: serial_number is SN2 in the registry, unknown in the CMDB",
        "1 missing, 1 extra, 2 different fields",
    ]


def test_equal_sides_have_no_findings():
    assert list(reconcile([BOTH], [BOTH]).lines()) == ["0 missing, 0 extra, 0 different fields"]
