"""The latest word of every camera in this process, for whoever looks in from another thread."""

from typing import NamedTuple

from wire.health import Heartbeat
from wire.scalars import DeviceId


class StateSnapshot(NamedTuple):
    """What a camera's agent last said. `totals` are what it measured since it started.

    `trouble` says why no pictures come, empty while they do.
    """

    source: str
    beat: Heartbeat
    totals: dict[str, object]
    connected: bool
    trouble: str = ""


class StateBoard:
    """Written by agents, each its own place; read by anybody. Assignments are atomic."""

    def __init__(self) -> None:
        self._snapshots: dict[DeviceId, StateSnapshot] = {}
        self._heartbeats_s: dict[DeviceId, float] = {}

    def record_heartbeat(self, device: DeviceId, at_s: float) -> None:
        """The agent's loop turns; `at_s` on time.monotonic's clock."""
        self._heartbeats_s[device] = at_s

    def publish(self, device: DeviceId, snapshot: StateSnapshot) -> None:
        """Replace what was said before."""
        self._snapshots[device] = snapshot

    def remove_heartbeat(self, device: DeviceId) -> None:
        """The agent ended in order: nobody waits for its pulse. Its last word stays."""
        self._heartbeats_s.pop(device, None)

    @property
    def snapshots(self) -> list[StateSnapshot]:
        """The cameras by name."""
        return [snapshot for _, snapshot in sorted(self._snapshots.copy().items())]

    def stalled(self, now_s: float, longer_than_s: float) -> list[DeviceId]:
        """Agents whose loop has not turned for so long."""
        heartbeats = self._heartbeats_s.copy().items()
        return sorted(device for device, at_s in heartbeats if now_s - at_s > longer_than_s)
