"""A link with the gate before it."""

from typing import Protocol, runtime_checkable

from edge_agent.privacy.egress_filter import EgressFilter
from wire.scalars import LocationId
from wire.topics import Channel


class UnfilteredLink(Protocol):
    """As much of a link as the gate stands before."""

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
    """A way that knows what the broker has, and perhaps how much it takes at once."""

    @property
    def unconfirmed(self) -> int: ...

    @property
    def largest_payload_bytes(self) -> int | None: ...


@runtime_checkable
class Relocating(Protocol):
    """A way that can speak for a location where the device stood before."""

    def send_audience(self, location: LocationId, payload: bytes) -> bool: ...


class FilteredLink:
    """Passes on what `Egress` lets through; what it refuses counts as taken and goes nowhere."""

    def __init__(self, link: UnfilteredLink, egress: EgressFilter) -> None:
        self._link = link
        self._egress = egress

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
        passed = self._egress.filter_payload(channel, payload)
        return True if passed is None else self._link.send(channel, passed)

    def send_audience(self, location: LocationId, payload: bytes) -> bool:
        """Likewise, reports of a location where the device may have stood before."""
        if not self._link.connected:
            return False
        passed = self._egress.filter_payload(Channel.AUDIENCE, payload)
        if passed is None:
            return True
        if isinstance(self._link, Relocating):
            return self._link.send_audience(location, passed)
        return self._link.send(Channel.AUDIENCE, passed)

    @property
    def unconfirmed(self) -> int:
        """Messages that the broker has not confirmed; 0 where nobody confirms."""
        return self._link.unconfirmed if isinstance(self._link, Confirming) else 0

    @property
    def largest_payload_bytes(self) -> int | None:
        """The largest payload that the broker says it takes; None when it does not say."""
        return self._link.largest_payload_bytes if isinstance(self._link, Confirming) else None

    def take_acknowledgements(self) -> list[bytes]:
        return self._link.take_acknowledgements()

    def stop(self) -> None:
        self._link.stop()
