"""Rates the connection of a camera from the last hour.

The picture rate is compared with the usual rate, the median minute of the last hour, because the
nominal rate of a stream is often not what its network carries. The rating is the worst of three:
the rate of the last minute, the number of reconnections, the number of stalls.
"""

from collections import deque
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from edge_agent.capture.camera import Counters
from wire.health import CaptureState, Connection

MINUTE_S: Final = 60.0
MAX_MINUTES: Final = 60
FAIR_BELOW, POOR_BELOW, UNUSABLE_BELOW = 0.9, 0.6, 0.25  # fractions of the usual rate
POOR_ABOVE, UNUSABLE_ABOVE = 4, 20  # reconnections or stalls in an hour
FLOWING: Final = frozenset({CaptureState.STREAMING, CaptureState.ENDED})


class _CounterSample(NamedTuple):
    at_s: float
    captured: int
    reconnects: int
    stalls: int


class ConnectionQuality:
    """The connection quality of one camera, from its counters."""

    def __init__(self) -> None:
        self.stalls = 0
        self.rate_hz = 0.0
        self._state = CaptureState.STARTING
        self._marks: deque[_CounterSample] = deque(maxlen=MAX_MINUTES + 1)
        self._now = _CounterSample(0.0, 0, 0, 0)

    def record(self, at_s: float, state: CaptureState, counters: Counters) -> None:
        """Record the counters at a moment of the monotonic clock."""
        if self._state in FLOWING and state not in FLOWING:
            self.stalls += 1
        self._state = state
        self._now = _CounterSample(at_s, counters.captured, counters.reconnects, self.stalls)
        if not self._marks:
            self._marks.append(self._now)
        elif at_s - self._marks[-1].at_s >= MINUTE_S:
            self.rate_hz = _rate(self._marks[-1], self._now)
            self._marks.append(self._now)
        elif len(self._marks) == 1 and at_s > self._marks[0].at_s:
            self.rate_hz = _rate(self._marks[0], self._now)  # until a whole minute has passed

    @property
    def level(self) -> Connection:
        """The rating; a stream that delivers no pictures now is unusable."""
        if self._state not in FLOWING or not self._marks:
            return Connection.UNUSABLE
        first = self._marks[0]
        faults = max(self._now.reconnects - first.reconnects, self._now.stalls - first.stalls)
        share = self._share_of_usual()
        for level, applies in (
            (Connection.UNUSABLE, share < UNUSABLE_BELOW or faults > UNUSABLE_ABOVE),
            (Connection.POOR, share < POOR_BELOW or faults > POOR_ABOVE),
            (Connection.FAIR, share < FAIR_BELOW or faults > 0),
        ):
            if applies:
                return level
        return Connection.EXCELLENT

    def _share_of_usual(self) -> float:
        rates = [_rate(*pair) for pair in pairwise(self._marks)]
        usual = median(rates) if rates else 0.0
        return rates[-1] / usual if usual else 1.0


def _rate(before: _CounterSample, after: _CounterSample) -> float:
    return (after.captured - before.captured) / (after.at_s - before.at_s)
