"""Raises an alarm for a lasting fault, and clears it when the fault has been absent for a while.

Short faults raise nothing, and an intermittent fault raises one alarm instead of hundreds.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge_agent.capture.failure_cause import CAUSE_SENTENCES, FailureCause
from wire.audience import BlindCause
from wire.health import Alarm, AlarmState, CaptureState
from wire.topics import DeviceAddress

RAISE_AFTER_S: Final = 10.0
CLEAR_AFTER_S: Final = 10.0
REMEDIES: Final = {
    "capture.failed": CAUSE_SENTENCES[FailureCause.UNKNOWN],
    **{f"capture.failed.{cause}": sentence for cause, sentence in CAUSE_SENTENCES.items()},
    "camera.moved": "the view of the camera has changed: check its mount and picture",
    "models.failed": "the models fail on the pictures: see the agent's log",
    "clock.unset": "the clock is not set and reports wait for it: allow NTP, or set the clock",
    "clock.wrong": "the clock differs from that of the cloud by minutes: allow NTP, or set it",
    "privacy.refused": "the egress filter blocked a message: see egress.blocked in the log",
    "outbox.full": "the pending reports exceed the disk budget: restore the connection",
    "outbox.failed": "reports cannot be stored: check the free space and health of the disk",
    "link.packet_limit": "the broker accepts small messages only: raise its limit to 128 KiB",
    "reports.unclaimed": "reports of an earlier run or location are not acknowledged: if the "
    "location was renamed, name the old one under `formerly` in the sites file",
    f"blind.{BlindCause.DARK}": "the picture is dark: check the light and the lens cap",
    f"blind.{BlindCause.OVEREXPOSED}": "the picture is overexposed: check exposure and backlight",
    f"blind.{BlindCause.OBSTRUCTED}": "the view of the camera is obstructed: clear it",
    f"blind.{BlindCause.FLAT}": "the picture has no contrast: something covers the lens",
    f"blind.{BlindCause.BLURRED}": "the picture is blurred: focus or clean the lens",
    f"blind.{BlindCause.FROZEN}": "the same picture repeats: restart the camera",
}


@dataclass(slots=True)
class _Fault:
    since_s: float
    last_s: float
    raised: bool = False


class Alarms:
    """The alarms of one camera by fault kind, such as `blind.dark`."""

    def __init__(self, address: DeviceAddress) -> None:
        self._address = address
        self._troubles: dict[str, _Fault] = {}

    def watch(
        self, kinds: set[str], at_s: float, at: datetime, *, cause: FailureCause | None = None
    ) -> list[Alarm]:
        """Record the current faults; returns the alarms that are due to be raised or cleared.

        `cause` is why the capture failed, where the camera states it.
        """
        due = []
        for kind in kinds:
            trouble = self._troubles.setdefault(kind, _Fault(at_s, at_s))
            trouble.last_s = at_s
            if not trouble.raised and at_s - trouble.since_s >= RAISE_AFTER_S:
                trouble.raised = True
                due.append(self._alarm(kind, AlarmState.RAISED, at, cause))
        for kind, trouble in list(self._troubles.items()):
            if kind in kinds or (trouble.raised and at_s - trouble.last_s < CLEAR_AFTER_S):
                continue
            del self._troubles[kind]
            if trouble.raised:
                due.append(self._alarm(kind, AlarmState.CLEARED, at))
        return due

    @property
    def raised(self) -> tuple[str, ...]:
        """The kinds of the alarms that are raised now."""
        return tuple(sorted(kind for kind, trouble in self._troubles.items() if trouble.raised))

    def _alarm(
        self, kind: str, state: AlarmState, at: datetime, cause: FailureCause | None = None
    ) -> Alarm:
        remedy = REMEDIES.get(f"{kind}.{cause}") or REMEDIES.get(kind, "")
        return Alarm(
            location=self._address.location,
            device=self._address.device,
            kind=kind,
            state=state,
            at=at,
            message=remedy if state is AlarmState.RAISED else "",
        )


def current_faults(capture: CaptureState, blind: BlindCause | None) -> set[str]:
    """The current fault kinds. "Offline" counts as a failed capture."""
    found = set()
    if capture in (CaptureState.STALLED, CaptureState.FAILED) or blind is BlindCause.OFFLINE:
        found.add("capture.failed")
    if blind not in (None, BlindCause.OFFLINE, BlindCause.PAUSED):
        found.add(f"blind.{blind}")
    return found
