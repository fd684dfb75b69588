"""Paces packets that arrive in bursts by their time stamps.

HLS delivers a segment of several seconds at once, and other HTTP streams may do the same. Without
pacing, most pictures of a segment would fall into one instant, and the time until the next segment
would count as offline. A `Pacer` maps the time stamps of the stream to the monotonic clock. A
packet that arrives early waits until it is due. One that arrives late shifts the mapping, so that
the delay becomes as long as the longest wait for data. The mapping advances slightly all the time,
so that the delay of a camera with a fast clock does not grow.

    arrivals   |aaaa            |bbbb            |cccc
    given out  |a   a   a   a   |b   b   b   b   |c   c
"""

from typing import Final

from av.container import InputContainer

CATCH_UP: Final = 0.0003  # relative; the clocks of cameras are wrong by a third of this at most
LONGEST_WAIT_S: Final = 20.0  # time stamps further ahead are a discontinuity
SPLICE_STEP_S: Final = 0.04
PAUSE_S: Final = 1.0  # as long as a picture is valid
AT_ONCE: Final = 4.0  # times real time
STAMPED: Final = frozenset(("mpegts", "flv", "live_flv", "mp4", "matroska", "webm"))
SEGMENTED: Final = frozenset(("hls", "dash"))
ARRIVING: Final = frozenset(("mpjpeg", "mjpeg"))  # without time stamps
UNLIMITED_BYTES: Final = 2**31 - 1  # stated by servers that do not know the length


class Pacer:
    """Computes when a packet is due; seconds of the stream and of the monotonic clock."""

    def __init__(self) -> None:
        self._ahead_s: float | None = None  # monotonic clock minus stream
        self._last_at_s = 0.0

    def due_s(self, at_s: float, now_s: float) -> float:
        """When a packet with stream time `at_s`, which has arrived now, is due.

        The caller waits until then before it takes the next packet.
        """
        if self._ahead_s is None:
            self._ahead_s = now_s - at_s
        self._ahead_s -= min(max(at_s - self._last_at_s, 0.0), 1.0) * CATCH_UP
        due_s = self._ahead_s + at_s
        if due_s > now_s + LONGEST_WAIT_S:
            due_s = now_s + SPLICE_STEP_S
        due_s = max(due_s, now_s)
        self._ahead_s, self._last_at_s = due_s - at_s, at_s
        return due_s


class BurstDetector:
    """Detects bursts in a stream over one connection: a pause, then much data at once.

    Data that arrives at once when the connection begins is a backlog, not a burst. A steady stream
    keeps its arrival times, which are right even where its time stamps are wrong.
    """

    def __init__(self) -> None:
        self.noticed = False
        self._came_s: float | None = None
        self._began: tuple[float, float] | None = None  # stream and clock time after a pause

    def note(self, at_s: float, now_s: float) -> bool:
        """Record the time stamp and arrival of a packet; whether the stream arrives in bursts."""
        if self._came_s is not None and now_s - self._came_s >= PAUSE_S:
            self._began = at_s, now_s
        self._came_s = now_s
        if self._began is not None:
            shown_s, passed_s = at_s - self._began[0], now_s - self._began[1]
            self.noticed |= shown_s >= PAUSE_S and passed_s * AT_ONCE <= shown_s
        return self.noticed


class StreamPace:
    """The timing of one connection's packets: as they arrive, or paced."""

    def __init__(self, container: InputContainer, *, is_bursty: bool = False) -> None:
        names = _names(container)
        is_stamped = not names.isdisjoint(STAMPED)
        is_paced = not names.isdisjoint(SEGMENTED) or (is_bursty and is_stamped)
        self._pacer = Pacer() if is_paced else None
        self._bursts = BurstDetector() if is_stamped and not is_paced else None

    @property
    def is_bursty(self) -> bool:
        """Whether the stream arrives in bursts."""
        return self._pacer is not None

    def due_s(self, at_s: float | None, now_s: float) -> float:
        """When a packet that has arrived now is due; `at_s` is None without a time stamp."""
        if at_s is None:
            return now_s
        if self._bursts is not None and self._bursts.note(at_s, now_s):
            self._pacer, self._bursts = Pacer(), None
        return now_s if self._pacer is None else self._pacer.due_s(at_s, now_s)


def is_recording(container: InputContainer) -> bool:
    """Whether an HTTP source is finished: a file, or a playlist with an end."""
    names = _names(container)
    if not names.isdisjoint(ARRIVING) or any(name.endswith("_pipe") for name in names):
        return False
    has_duration = bool(container.duration and container.duration > 0)
    if not names.isdisjoint(SEGMENTED):
        return has_duration
    return container.size > 0 and (has_duration or container.size < UNLIMITED_BYTES)


def _names(container: InputContainer) -> frozenset[str]:
    return frozenset(container.format.name.split(","))
