"""Packets that arrive in bursts, given out at the pace at which they were taken.

HLS delivers a segment of seconds at once; other streams over HTTP may. Without pacing most of a
segment's pictures would fall into one instant and the time until the next segment would pass for
an offline camera. A `Pacer` ties the stream's time stamps to the steady clock: a packet that comes
early waits until it is due; one that comes late moves the tie, so that the delay becomes as long
as the longest wait for data, and no longer. The tie creeps forward a little all the time, so that
a camera whose clock is fast does not fall ever further behind.

    arrivals   |aaaa            |bbbb            |cccc
    given out  |a   a   a   a   |b   b   b   b   |c   c
"""

from typing import Final

from av.container import InputContainer

CATCH_UP: Final = 0.0003  # of the time; the clocks of cameras are off by a third of this at most
LONGEST_WAIT_S: Final = 20.0  # time stamps further ahead were set anew: a splice
SPLICE_STEP_S: Final = 0.04
PAUSE_S: Final = 1.0  # as long as a picture holds
AT_ONCE: Final = 4.0  # times faster than it was taken
STAMPED: Final = frozenset(("mpegts", "flv", "live_flv", "mp4", "matroska", "webm"))
SEGMENTED: Final = frozenset(("hls", "dash"))
ARRIVING: Final = frozenset(("mpjpeg", "mjpeg"))  # without time stamps of their own
UNLIMITED_BYTES: Final = 2**31 - 1  # what servers state that do not know a length


class Pacer:
    """Says when a packet is due; times in seconds, of the stream and of the steady clock."""

    def __init__(self) -> None:
        self._ahead_s: float | None = None  # steady clock minus stream
        self._last_at_s = 0.0

    def due_s(self, at_s: float, now_s: float) -> float:
        """When the packet of stream time `at_s`, that is there now, is to be given out.

        Whoever asks waits until then before taking the next packet.
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
    """Notices a stream over one connection that comes in bursts: a pause, then much at once.

    What comes at once when the connection begins is a backlog, and no burst. A stream that comes
    steadily keeps its times of arrival, which are right even where its time stamps are not.
    """

    def __init__(self) -> None:
        self.noticed = False
        self._came_s: float | None = None
        self._began: tuple[float, float] | None = None  # of what follows a pause: stream, clock

    def note(self, at_s: float, now_s: float) -> bool:
        """Take a packet's time and that of its arrival; whether the stream comes in bursts."""
        if self._came_s is not None and now_s - self._came_s >= PAUSE_S:
            self._began = at_s, now_s
        self._came_s = now_s
        if self._began is not None:
            shown_s, passed_s = at_s - self._began[0], now_s - self._began[1]
            self.noticed |= shown_s >= PAUSE_S and passed_s * AT_ONCE <= shown_s
        return self.noticed


class StreamPace:
    """How one connection's packets are given out: as they arrive, or paced."""

    def __init__(self, container: InputContainer, *, is_bursty: bool = False) -> None:
        names = _names(container)
        is_stamped = not names.isdisjoint(STAMPED)
        is_paced = not names.isdisjoint(SEGMENTED) or (is_bursty and is_stamped)
        self._pacer = Pacer() if is_paced else None
        self._bursts = BurstDetector() if is_stamped and not is_paced else None

    @property
    def is_bursty(self) -> bool:
        """Whether the stream was found to come in bursts."""
        return self._pacer is not None

    def due_s(self, at_s: float | None, now_s: float) -> float:
        """When a packet that is there now is to be given out; `at_s` is None without a stamp."""
        if at_s is None:
            return now_s
        if self._bursts is not None and self._bursts.note(at_s, now_s):
            self._pacer, self._bursts = Pacer(), None
        return now_s if self._pacer is None else self._pacer.due_s(at_s, now_s)


def is_recording(container: InputContainer) -> bool:
    """Whether what an HTTP server sends has an end already: a file, or a finished playlist."""
    names = _names(container)
    if not names.isdisjoint(ARRIVING) or any(name.endswith("_pipe") for name in names):
        return False
    has_duration = bool(container.duration and container.duration > 0)
    if not names.isdisjoint(SEGMENTED):
        return has_duration
    return container.size > 0 and (has_duration or container.size < UNLIMITED_BYTES)


def _names(container: InputContainer) -> frozenset[str]:
    return frozenset(container.format.name.split(","))
