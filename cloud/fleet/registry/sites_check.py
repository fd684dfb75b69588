"""Checks the fleet against the sites file; reports of unlisted cameras do not count."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from cloud.fleet.registry.devices import Device, RegistryError
from cloud.sites.sites import Sites
from wire.scalars import DeviceId, LocationId

SHOWN: Final = 20


def require_locations(sites: Sites, locations: Iterable[str]) -> None:
    """Refuse locations that the sites file does not list.

    Raises:
        RegistryError: names them, and similar names of the file.
    """
    known = {str(site.id) for site in sites}
    unknown = sorted({one for one in locations if sites.current_id(one) not in known})
    if not unknown:
        return
    near = sorted({found for one in unknown for found in get_close_matches(one, known, SHOWN)})
    listed = near or sorted(known)[:SHOWN]
    more = f" and {len(known) - len(listed)} more" if len(listed) < len(known) else ""
    named = ", ".join(one[:63] for one in unknown[:SHOWN])
    raise RegistryError(
        f"location {named} is not in the sites file, which lists {', '.join(listed)}{more}: "
        "correct it, add it to the file (--sites FILE or ONLOOKER_SITES), or force it"
    )


def is_listed(sites: Sites, device: Device) -> bool:
    """Whether the reports of a device count: the file lists it at its location."""
    return sites.is_listed(LocationId(device.location), DeviceId(device.name))


def list_warnings(sites: Sites, cameras: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A sentence for each camera (device, location) that the sites file does not list."""
    unlisted = [
        (device, location)
        for device, location in cameras
        if not sites.is_listed(LocationId(location), DeviceId(device))
    ]
    for device, location in unlisted[:SHOWN]:
        yield (
            f"{device} is not listed at {location} in the sites file: "
            "its reports do not count until it is"
        )
    if len(unlisted) > SHOWN:
        yield f"and {len(unlisted) - SHOWN} more are not listed"
