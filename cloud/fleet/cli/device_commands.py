"""The actions of `fleet` on devices: list, show, register, retire and allow."""

import argparse
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from cloud import settings
from cloud.fleet import retirement
from cloud.fleet.cli import formatting
from cloud.fleet.cli.arguments import (
    add_action,
    add_selectors,
    add_sites_options,
    load_chosen_sites,
)
from cloud.fleet.enrolment import allow_list
from cloud.fleet.history import Author
from cloud.fleet.registry import devices, sites_check
from cloud.fleet.registry.devices import Device, DeviceStatus, RegistryError
from cloud.fleet.shadows import desired_config
from wire.command_line import refuse_options


def add_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the actions on devices."""
    listing = add_action(actions, "list", "list devices with their status", list_devices)
    add_selectors(listing)
    settings.add_arguments(listing, "sites")
    add_action(actions, "show", "print one device as JSON", show_device).add_argument(
        "device", help="name of the device"
    )
    register = add_action(
        actions, "register", "register a camera, or all cameras of the sites file", register_cameras
    )
    register.add_argument(
        "device", nargs="?", help="name; without one, all cameras of the sites file"
    )
    register.add_argument("--location", help="where the device is")
    register.add_argument("--attribute", action="append", default=[], metavar="NAME=VALUE",
                          help="for `--where`; may be repeated")  # fmt: skip
    add_sites_options(register)
    add_action(actions, "retire", "remove a device from the fleet", retire_device).add_argument(
        "device", help="name of the device"
    )
    allows = add_action(actions, "allow", "add cameras to the enrolment allow-list", allow_cameras)
    allows.add_argument("file", type=Path, help=f"CSV with columns {', '.join(allow_list.COLUMNS)}")
    allows.add_argument(
        "--again", action="store_true", help="let cameras that have enrolled before enrol again"
    )
    add_sites_options(allows)


def list_devices(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Devices, one line each."""
    sites = load_chosen_sites(asked)
    found = devices.find_devices(connection, formatting.read_selector(asked))
    unlisted = 0
    for one in found:
        is_listed = sites_check.is_listed(sites, one.device)
        unlisted += not is_listed
        yield _format_device(one, author.at) + ("" if is_listed else "  NOT IN THE SITES FILE")
    if unlisted:
        yield f"{unlisted} devices are not in the sites file: their reports do not count"
    yield f"{len(found)} devices"


def show_device(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """One device as JSON, with its shadow."""
    one = devices.get_device(connection, asked.device)
    state = desired_config.read_config(connection, asked.device)
    body = {**msgspec.to_builtins(one), "config": state}
    yield msgspec.json.format(msgspec.json.encode(body)).decode()


def register_cameras(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Register one camera, or every camera of the sites file."""
    if asked.device is None:
        refuse_options(
            asked,
            *("location", "attribute", "force"),
            because="they describe one camera: name it, or leave them out to register all",
        )
        yield f"{devices.register_sites(connection, load_chosen_sites(asked), author)} new devices"
        return
    if asked.location is None:
        raise RegistryError("--location is missing: give the camera's location")
    device = Device(
        asked.device, asked.location, attributes=formatting.parse_pairs(asked.attribute)
    )
    if not asked.force:
        sites_check.require_locations(load_chosen_sites(asked), [asked.location])
    devices.register_device(connection, device, author)
    yield f"registered {asked.device} at {asked.location}"
    yield from sites_check.list_warnings(load_chosen_sites(asked), [(asked.device, asked.location)])


def retire_device(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take a device out."""
    retirement.retire(connection, asked.device, author)
    yield f"retired {asked.device}; its certificate still opens the broker until it is revoked:"
    yield f"  python -m provisioning ca revoke --dir AUTHORITY --name {asked.device}"


def allow_cameras(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Add cameras to the enrolment allow-list."""
    entries = list(allow_list.read_csv(asked.file))
    sites = load_chosen_sites(asked)
    if not asked.force:
        sites_check.require_locations(sites, (entry.location for entry in entries))
    written = allow_list.allow(connection, entries, author, again=asked.again)
    yield f"{written} of {len(entries)} cameras written to the allow-list"
    yield from sites_check.list_warnings(sites, ((one.device, one.location) for one in entries))


def _format_certificate_left(left: timedelta) -> str:
    if left <= timedelta(0):
        return f", certificate ended {-left // timedelta(days=1)} days ago"
    return f", certificate ends in {left.days} days"


def _format_device(one: DeviceStatus, at: datetime) -> str:
    seen = f"seen {one.seen_at:%Y-%m-%d %H:%M}Z" if one.seen_at else "never seen"
    left = _format_certificate_left(one.certificate_ends_at - at) if one.certificate_ends_at else ""
    marks = " DRIFTS" if one.drifts else ""
    groups = f" [{' '.join(one.groups)}]" if one.groups else ""
    return (
        f"{one.device.name}  {one.device.location}  {one.presence or 'unknown'}, {seen}{left}"
        f"{groups}{marks}"
    )
