"""A link with the egress filter in front of it."""

from typing import Protocol, runtime_checkable

from edge_agent.privacy.egress_filter import EgressFilter
from wire.scalars import LocationId
from wire.topics import Channel


class UnfilteredLink(Protocol):
    """The methods of a link that the filter wraps."""

    @property
    def sessions(self) -> int: ...

    @property
    def connected(self) -> bool: ...

    def start(self) -> None: ...

    def send(self, channel: Channel, payload: bytes) -> bool: ...

    def take_acknowledgements(self) -> list[bytes]: ...

    def stop(self) -> None: ...


@runtime_checkable
class Confirming(Protocol):
    """A link that reports what the broker has confirmed, and its packet limit if stated."""

    @property
    def unconfirmed(self) -> int: ...

    @property
    def largest_payload_bytes(self) -> int | None: ...


@runtime_checkable
class Relocating(Protocol):
    """A link that can send reports of a former location of the device."""

    def send_audience(self, location: LocationId, payload: bytes) -> bool: ...


class FilteredLink:
    """Sends what `EgressFilter` allows; a blocked payload counts as accepted and is discarded."""

    def __init__(self, link: UnfilteredLink, egress_filter: EgressFilter) -> None:
        self._link = link
        self._confirming = link if isinstance(link, Confirming) else None
        self._filter = egress_filter

    @property
    def sessions(self) -> int:
        return self._link.sessions

    @property
    def connected(self) -> bool:
        return self._link.connected

    def start(self) -> None:
        self._link.start()

    def send(self, channel: Channel, payload: bytes) -> bool:
        if not self._link.connected:
            return False
        filtered = self._filter.filter_payload(channel, payload)
        return True if filtered is None else self._link.send(channel, filtered)

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Send reports of a location, perhaps a former one of the device."""
        if not self._link.connected:
            return False
        filtered = self._filter.filter_payload(Channel.AUDIENCE, payload)
        if filtered is None:
            return True
        if isinstance(self._link, Relocating):
            return self._link.send_audience(location, filtered)
        return self._link.send(Channel.AUDIENCE, filtered)

    @property
    def unconfirmed(self) -> int:
        """Messages that the broker has not confirmed; 0 for a link that does not report it."""
        return 0 if self._confirming is None else self._confirming.unconfirmed

    @property
    def largest_payload_bytes(self) -> int | None:
        """The largest payload that the broker accepts; None when it does not state one."""
        return None if self._confirming is None else self._confirming.largest_payload_bytes

    def take_acknowledgements(self) -> list[bytes]:
        return self._link.take_acknowledgements()

    def stop(self) -> None:
        self._link.stop()
