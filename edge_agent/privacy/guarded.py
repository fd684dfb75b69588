"""A link with the gate before it."""

from typing import Protocol

from edge_agent.privacy.egress import Egress
from wire.topics import Channel


class Way(Protocol):
    """As much of a link as the gate stands before."""

    @property
    def sessions(self) -> int: ...

    @property
    def connected(self) -> bool: ...

    def start(self) -> None: ...

    def send(self, channel: Channel, payload: bytes) -> bool: ...

    def received(self) -> list[bytes]: ...

    def stop(self) -> None: ...


class Guarded:
    """Passes on what `Egress` lets through; what it refuses counts as taken and goes nowhere."""

    def __init__(self, link: Way, egress: Egress) -> None:
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
        passed = self._egress.passed(channel, payload)
        return True if passed is None else self._link.send(channel, passed)

    def received(self) -> list[bytes]:
        return self._link.received()

    def stop(self) -> None:
        self._link.stop()
