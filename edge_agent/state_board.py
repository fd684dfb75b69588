"""The latest word of every camera in this process, for whoever looks in from another thread."""

from typing import NamedTuple

from wire.health import Heartbeat
from wire.scalars import DeviceId


class Glance(NamedTuple):
    """What a camera's agent last said. `totals` are what it measured since it started.

    `trouble` says why no pictures come, empty while they do.
    """

    source: str
    beat: Heartbeat
    totals: dict[str, object]
    connected: bool
    trouble: str = ""


class Board:
    """Written by agents, each its own place; read by anybody. Assignments are atomic."""

    def __init__(self) -> None:
        self._glances: dict[DeviceId, Glance] = {}
        self._pulses: dict[DeviceId, float] = {}

    def pulse(self, device: DeviceId, at_s: float) -> None:
        """The agent's loop turns; `at_s` on time.monotonic's clock."""
        self._pulses[device] = at_s

    def post(self, device: DeviceId, glance: Glance) -> None:
        """Replace what was said before."""
        self._glances[device] = glance

    def leave(self, device: DeviceId) -> None:
        """The agent ended in order: nobody waits for its pulse. Its last word stays."""
        self._pulses.pop(device, None)

    @property
    def glances(self) -> list[Glance]:
        """The cameras by name."""
        return [glance for _, glance in sorted(self._glances.copy().items())]

    def silent(self, now_s: float, longer_than_s: float) -> list[DeviceId]:
        """Agents whose loop has not turned for so long."""
        pulses = self._pulses.copy().items()
        return sorted(device for device, at_s in pulses if now_s - at_s > longer_than_s)
