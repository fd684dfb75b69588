"""Health check after a change: frames must arrive, and the models must work.

Only what worked before a change can fail because of it: a change of a camera that delivered no
frames before it is not rolled back because none arrive after it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from edge_agent.agent import AgentStatus
from edge_agent.management.mqtt_rpc import RpcLink
from wire.health import CaptureState

SETTLE_S: Final = 2.0  # a fault caused by a change occurs soon
MIN_FRAMES: Final = 3
CHECK_TIMEOUT_S: Final = 30.0  # reopening a stream takes time


class MonitoredCamera(Protocol):
    """A camera with a health snapshot."""

    @property
    def status(self) -> AgentStatus: ...


class ReadinessNotifier:
    """Calls `notify` once, when the camera delivers frames, models work and MQTT is connected."""

    def __init__(self, camera: MonitoredCamera, link: RpcLink, notify: Callable[[], None]) -> None:
        self._camera = camera
        self._link = link
        self._notify: Callable[[], None] | None = notify

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Receives no messages."""

    def pump(self, now_s: float) -> None:
        status = self._camera.status
        delivers = status.captured >= MIN_FRAMES or status.capture is CaptureState.PAUSED
        if self._notify and delivers and not status.model_faults and self._link.connected:
            self._notify()
            self._notify = None


class ChangeCheck:
    """Checks one change from the time it was requested. Times are steady seconds."""

    def __init__(self, before: AgentStatus, digest: str, now_s: float) -> None:
        self._before = before
        self._digest = digest
        self._requested_s = now_s
        self._applied_s: float | None = None
        self._first: AgentStatus | None = None

    def find_harm(self, status: AgentStatus, now_s: float) -> str | None:
        """The fault, empty when there is none, None while undecided."""
        late = now_s - self._requested_s > CHECK_TIMEOUT_S
        if status.digest != self._digest:
            return f"not in effect after {CHECK_TIMEOUT_S:.0f} s" if late else None
        if self._first is None or self._applied_s is None:
            self._first, self._applied_s = status, now_s
        if status.model_faults > self._before.model_faults:
            return "the models raise errors on frames"
        if now_s - self._applied_s < SETTLE_S:
            return None
        if self._is_idle(status) or status.captured - self._first.captured >= MIN_FRAMES:
            return ""
        return f"no frames within {CHECK_TIMEOUT_S:.0f} s" if late else None

    def _is_idle(self, status: AgentStatus) -> bool:
        """No frames arrived before, or none are expected now."""
        return self._before.capture is not CaptureState.STREAMING or status.capture in (
            CaptureState.PAUSED,
            CaptureState.ENDED,
        )
