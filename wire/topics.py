"""MQTT topics: `onlooker/v1/{location}/{device}/{channel}`.

A device publishes and subscribes below its own address only; the broker's access rules are
generated from this module. Names hold no `/`, `+` or `#`, so an address cannot match another.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wire.scalars import NAME, DeviceId, LocationId

ROOT: Final = "onlooker/v1"
RETAIL_FILTER: Final = f"{ROOT}/retail/+/price-points"
"""Price points of shops: the level in between names the sender. No device has such a topic."""


class Channel(StrEnum):
    """The last level of a topic."""

    AUDIENCE = "audience"  # device → cloud, until acknowledged
    HEARTBEAT = "heartbeat"  # device → cloud, may be lost
    ALARM = "alarm"  # device → cloud
    STATUS = "status"  # device → cloud, retained, with a last will
    ACK = "ack"  # cloud → device


class TopicError(ValueError):
    """A topic outside this schema."""


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """Location and device: the prefix of a device's topics."""

    location: LocationId
    device: DeviceId

    def __post_init__(self) -> None:
        for what, name in (("location", self.location), ("device", self.device)):
            if not re.match(NAME, name):
                raise TopicError(
                    f"{what} {name[:80]!r} is not a name: use 1 to 63 letters, digits, - or _, "
                    "starting with a letter or digit"
                )

    def topic(self, channel: Channel) -> str:
        """The full topic of one channel."""
        return f"{ROOT}/{self.location}/{self.device}/{channel}"

    @property
    def source(self) -> str:
        """The CloudEvents `source` of this device's messages."""
        return f"/{ROOT}/{self.location}/{self.device}"


def all_devices_filter(channel: Channel) -> str:
    """Topic filter of one channel of all devices."""
    return f"{ROOT}/+/+/{channel}"


def parse_topic(topic: str) -> tuple[DeviceAddress, Channel]:
    """Split a topic into its address and channel, or raise TopicError."""
    levels = topic.split("/")
    if len(levels) != 5 or "/".join(levels[:2]) != ROOT:
        raise TopicError(
            f"topic {topic[:200]!r} is unknown: expected {ROOT}/location/device/channel"
        )
    if levels[4] not in set(Channel):
        raise TopicError(
            f"topic {topic[:200]!r} ends in no channel: expected one of {', '.join(Channel)}"
        )
    return DeviceAddress(LocationId(levels[2]), DeviceId(levels[3])), Channel(levels[4])
