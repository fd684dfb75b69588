"""The assets of the device registry: read for an export, and changed by an import.

An import changes what the CMDB is the source of. It registers cameras that are missing here, and
never retires one: what is missing in a CMDB may have been forgotten there. A device that is
retired here stays so.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from cloud.fleet.assets.asset import ATTRIBUTES, CONTAINS, OPERATIONAL, CameraAsset
from cloud.fleet.certificates import ListedCertificate, list_certificates
from cloud.fleet.history import Author
from cloud.fleet.registry.devices import (
    Device,
    DeviceSelector,
    DeviceStatus,
    RegistryError,
    find_devices,
    register_device,
)
from cloud.fleet.tables import device_table

ONLINE = "online"


def list_assets(connection: Connection, now: datetime) -> list[CameraAsset]:
    """All cameras that are not retired, by name."""
    certificates = {one.device: one for one in list_certificates(connection, now)}
    found = find_devices(connection, DeviceSelector())
    return [_to_asset(one, certificates.get(one.device.name)) for one in found]


def plan_import(connection: Connection, assets: Iterable[CameraAsset]) -> list[tuple[Device, str]]:
    """The devices that an import would write, each with what changes.

    Raises:
        RegistryError: an asset of a new camera has no location.
    """
    present = {one.device.name: one.device for one in find_devices(connection, DeviceSelector())}
    is_retired = device_table.c.retired_at.is_not(None)
    retired = set(connection.execute(select(device_table.c.name).where(is_retired)).scalars())
    return list(_plan(present, (one for one in assets if one.name not in retired)))


def apply_import(
    connection: Connection, planned: Iterable[tuple[Device, str]], author: Author
) -> None:
    """Register the devices; each is a row of the audit log."""
    for device, _ in planned:
        register_device(connection, device, author)


def _plan(
    present: dict[str, Device], assets: Iterable[CameraAsset]
) -> Iterator[tuple[Device, str]]:
    for asset in assets:
        before = present.get(asset.name)
        if before is None and not asset.location:
            raise RegistryError(
                f"asset {asset.name[:63]!r} is not registered and has no location: add the location"
            )
        after = _apply(before or Device(asset.name, asset.location), asset)
        if before is None:
            yield after, f"new at {after.location}"
        elif after != before:
            yield after, ", ".join(_describe_changes(before, after))


def _apply(device: Device, asset: CameraAsset) -> Device:
    """The device with what the CMDB knows; what it does not know stays."""
    known = {
        attribute: getattr(asset, column)
        for column, attribute in ATTRIBUTES.items()
        if getattr(asset, column)
    }
    return Device(
        device.name,
        asset.location or device.location,
        device.kind,
        asset.serial_number or device.serial,
        {**device.attributes, **known},
    )


def _describe_changes(before: Device, after: Device) -> Iterator[str]:
    pairs = {
        "location": (before.location, after.location),
        "serial": (before.serial, after.serial),
        **{name: (before.attributes.get(name), value) for name, value in after.attributes.items()},
    }
    for name, (old, new) in pairs.items():
        if old != new:
            yield f"{name} {old or 'unknown'} becomes {new}"


def _to_asset(one: DeviceStatus, certificate: ListedCertificate | None) -> CameraAsset:
    device, versions = one.device, (one.heartbeat or {}).get("versions") or {}
    ends_at = None if certificate is None else certificate.ends_at
    status = {"operational_status": OPERATIONAL} if one.presence == ONLINE else {}
    attributes = {column: device.attributes.get(name, "") for column, name in ATTRIBUTES.items()}
    return CameraAsset(
        device.name,
        device.location,
        device.serial or "",
        firmware_version=str(versions.get("agent", "")),
        u_certificate=(certificate.serial if certificate else None) or "",
        u_certificate_ends_on="" if ends_at is None else f"{ends_at:%Y-%m-%d}",
        parent=device.location,
        relationship=CONTAINS,
        **attributes,
        **status,
    )
