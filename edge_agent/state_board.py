"""The latest state of every camera in this process, for readers in other threads."""

from typing import NamedTuple

from wire.health import Heartbeat
from wire.scalars import DeviceId


class StateSnapshot(NamedTuple):
    """The latest state of one camera. `totals` are those of the run.

    `trouble` says why no pictures arrive; it is empty while they do.
    """

    source: str
    beat: Heartbeat
    totals: dict[str, object]
    connected: bool
    trouble: str = ""


class StateBoard:
    """Each agent writes its own entry; any thread may read. Assignments are atomic."""

    def __init__(self) -> None:
        self._snapshots: dict[DeviceId, StateSnapshot] = {}
        self._heartbeats_s: dict[DeviceId, float] = {}

    def record_heartbeat(self, device: DeviceId, at_s: float) -> None:
        """Record that the loop of the agent is running; `at_s` is `time.monotonic()`."""
        self._heartbeats_s[device] = at_s

    def publish(self, device: DeviceId, snapshot: StateSnapshot) -> None:
        """Replace the state of a camera."""
        self._snapshots[device] = snapshot

    def remove_heartbeat(self, device: DeviceId) -> None:
        """The agent has ended in order: no heartbeat is expected. Its last state stays."""
        self._heartbeats_s.pop(device, None)

    @property
    def snapshots(self) -> list[StateSnapshot]:
        """The states in the order of the device names."""
        return [snapshot for _, snapshot in sorted(self._snapshots.copy().items())]

    def find_stalled(self, now_s: float, longer_than_s: float) -> list[DeviceId]:
        """Devices without a heartbeat for longer than this."""
        heartbeats = self._heartbeats_s.copy().items()
        return sorted(device for device, at_s in heartbeats if now_s - at_s > longer_than_s)
