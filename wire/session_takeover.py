"""Detect that another client connects with the same client id, and how long to wait then.

A broker ends the session of the first client when a second one connects with its id. Both reconnect
and end each other's sessions indefinitely. MQTT 5 reports this with reason 0x8E. MQTT 3.1.1 reports
nothing: there, repeated sessions that the broker ends soon after their start, with no unconfirmed
message that could be the cause, count as a takeover. The pause doubles each time, so that one
client is connected most of the time; a session that lasts resets it.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import Final

TAKEN_OVER: Final = 0x8E  # MQTT 5, Session taken over
SHORT_S: Final = 30.0
WINDOW_S: Final = 180.0
MOST_SHORT: Final = 3  # a broker restart may end one or two
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 600.0
STEADY_S: Final = 300.0
ADVICE: Final = (
    "another client probably connects under the same id: look for a second process or a copied "
    "certificate; revoke the certificate if it was copied"
)


class TakeoverDetector:
    """One client's sessions. Time is a count of seconds that only grows."""

    def __init__(self, *, spread: Callable[[], float] = lambda: random.uniform(1.0, 1.5)) -> None:  # noqa: S311
        self._spread = spread
        self._began_s: float | None = None
        self._short: deque[float] = deque(maxlen=MOST_SHORT)
        self._times = 0

    @property
    def times(self) -> int:
        """Takeovers since the last session that lasted."""
        return self._times

    def begin(self, now_s: float) -> None:
        """Record the start of a session."""
        self._began_s = now_s

    def end(self, now_s: float, *, reason: int | None = None, unconfirmed: int = 0) -> float | None:
        """Record that the broker ended the session; the seconds to wait, None if it is no takeover.

        `reason` is that of an MQTT 5 DISCONNECT from the broker.
        """
        began_s, self._began_s = self._began_s, None
        lasted_s = now_s - began_s if began_s is not None else 0.0
        if lasted_s >= STEADY_S:
            self._times = 0
            self._short.clear()
        is_reported = reason == TAKEN_OVER
        if not is_reported and not self._is_one_of_many(began_s, lasted_s, now_s, unconfirmed):
            return None
        self._times += 1
        self._short.clear()
        doubled = float(1 << min(self._times - 1, 10))
        pause_s = min(FIRST_PAUSE_S * doubled, LONGEST_PAUSE_S)
        return pause_s * self._spread()

    def _is_one_of_many(
        self, began_s: float | None, lasted_s: float, now_s: float, unconfirmed: int
    ) -> bool:
        if began_s is None or lasted_s > SHORT_S or unconfirmed:
            return False
        self._short.append(now_s)
        return len(self._short) == MOST_SHORT and now_s - self._short[0] <= WINDOW_S
