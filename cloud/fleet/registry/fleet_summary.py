"""The fleet in numbers: devices by presence, by location, group, version and model."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cloud.fleet.registry.devices import DeviceStatus

NEVER: Final = "never"
"""The presence of a device that has never connected."""


@dataclass(slots=True)
class LocationSummary:
    """The devices of one location."""

    location: str
    devices: int = 0
    presence: Counter[str] = field(default_factory=Counter)
    drifting: int = 0
    alarming: int = 0

    def add(self, one: DeviceStatus) -> None:
        """Count a device."""
        self.devices += 1
        self.presence[one.presence or NEVER] += 1
        self.drifting += one.drifts
        self.alarming += bool(one.alarms)


@dataclass(slots=True)
class FleetSummary:
    """The whole fleet, and each location by its id."""

    fleet: LocationSummary
    locations: dict[str, LocationSummary] = field(default_factory=dict)
    groups: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)
    detectors: Counter[str] = field(default_factory=Counter)


def summarize(devices: Iterable[DeviceStatus]) -> FleetSummary:
    """Count the devices; one without a heartbeat counts for no version."""
    found = FleetSummary(LocationSummary(""))
    for one in devices:
        place = one.device.location
        found.fleet.add(one)
        found.locations.setdefault(place, LocationSummary(place)).add(one)
        found.groups.update(one.groups)
        versions = {} if one.heartbeat is None else one.heartbeat.get("versions", {})
        found.agents.update(filter(None, [versions.get("agent")]))
        found.detectors.update(filter(None, [versions.get("detector")]))
    return found
