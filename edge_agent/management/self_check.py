"""Has a change done harm? Pictures must still come and the models must still work.

Only what was well before can be harmed: a camera that delivered nothing before a change is not
taken back for delivering nothing after it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from edge_agent.agent import AgentStatus
from edge_agent.management.mqtt_rpc import RpcLink
from wire.health import CaptureState

SETTLE_S: Final = 2.0  # a fault that comes with a change comes soon
MIN_FRAMES: Final = 3
CHECK_TIMEOUT_S: Final = 30.0  # a stream that is opened anew may take its time


class MonitoredCamera(Protocol):
    """Whatever has a pulse."""

    @property
    def status(self) -> AgentStatus: ...


class ReadinessNotifier:
    """Tells once that a camera delivers, its models work and the broker has let it in."""

    def __init__(self, camera: MonitoredCamera, line: RpcLink, tell: Callable[[], None]) -> None:
        self._camera = camera
        self._line = line
        self._tell: Callable[[], None] | None = tell

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Nothing that the fleet says concerns it."""

    def pump(self, now_s: float) -> None:
        pulse = self._camera.status
        delivers = pulse.captured >= MIN_FRAMES or pulse.capture is CaptureState.PAUSED
        if self._tell and delivers and not pulse.model_faults and self._line.connected:
            self._tell()
            self._tell = None


class ChangeCheck:
    """Watches one change from the moment it was asked for. Times are steady seconds."""

    def __init__(self, before: AgentStatus, digest: str, now_s: float) -> None:
        self._before = before
        self._digest = digest
        self._asked_s = now_s
        self._applied_s: float | None = None
        self._first: AgentStatus | None = None

    def find_harm(self, pulse: AgentStatus, now_s: float) -> str | None:
        """What is wrong, empty when all is well, None while it cannot be said."""
        late = now_s - self._asked_s > CHECK_TIMEOUT_S
        if pulse.digest != self._digest:
            return f"not in force after {CHECK_TIMEOUT_S:.0f} s" if late else None
        if self._first is None or self._applied_s is None:
            self._first, self._applied_s = pulse, now_s
        if pulse.model_faults > self._before.model_faults:
            return "the models fail on the pictures"
        if now_s - self._applied_s < SETTLE_S:
            return None
        if self._is_idle(pulse) or pulse.captured - self._first.captured >= MIN_FRAMES:
            return ""
        return f"no pictures within {CHECK_TIMEOUT_S:.0f} s" if late else None

    def _is_idle(self, pulse: AgentStatus) -> bool:
        """Nothing came before, or nothing is to come now."""
        return self._before.capture is not CaptureState.STREAMING or pulse.capture in (
            CaptureState.PAUSED,
            CaptureState.ENDED,
        )
