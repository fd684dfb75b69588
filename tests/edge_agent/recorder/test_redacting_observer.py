from datetime import UTC, datetime, timedelta

import numpy as np

from edge_agent.capture.frame import Frame
from edge_agent.recorder.redacting_observer import RedactingObserver

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEXTURE = np.random.default_rng(3).integers(0, 255, (90, 160, 3), np.uint8)


class Sink:
    """Stores the frames that it receives."""

    def __init__(self, *, is_wanted=True):
        self.is_wanted, self.frames, self.closed = is_wanted, [], 0

    def write_frame(self, frame):
        assert not self.closed
        self.frames.append(frame)

    def close(self):
        self.closed += 1


def frame(at_s):
    return Frame(TEXTURE, NOON + timedelta(seconds=at_s), at_s, round(at_s * 5))


def observe(sinks, *seconds, heads=()):
    observer = RedactingObserver(sinks, width_px=160)
    for at_s in seconds:
        observer.see(frame(at_s), heads)
    return observer


def test_frames_are_written_redacted_and_in_order():
    sink = Sink()
    observe([sink], 0.0, 0.2, 0.4, 1.0, heads=[(60.0, 30.0, 80.0, 50.0)]).close()
    assert [one.at_s for one in sink.frames] == [0.0, 0.2, 0.4, 1.0]
    for one in sink.frames:
        assert not np.array_equal(one.image[30:50, 60:80], TEXTURE[30:50, 60:80])
        assert np.array_equal(one.image[:10], TEXTURE[:10])


def test_a_frame_waits_for_later_detections():
    sink = Sink()
    observe([sink], 0.0, 0.2, 0.4)
    assert sink.frames == []
    observe([sink], 0.0, 0.2, 0.6)
    assert [one.at_s for one in sink.frames] == [0.0]


def test_a_sink_that_wants_no_frame_receives_none():
    wanting, other = Sink(), Sink(is_wanted=False)
    observe([wanting, other], 0.0, 0.2).close()
    assert (len(wanting.frames), len(other.frames)) == (2, 0)
    assert (wanting.closed, other.closed) == (1, 1)


def test_without_a_sink_that_wants_frames_none_is_redacted_later():
    sink = Sink(is_wanted=False)
    observer = observe([sink], 0.0, 0.2)
    sink.is_wanted = True
    observer.see(frame(0.4), ())
    observer.close()
    assert [one.at_s for one in sink.frames] == [0.4]


def test_a_sink_is_closed_although_it_wanted_no_frame():
    class Unwanted:
        is_wanted = False

        def write_frame(self, frame):
            raise AssertionError

        def close(self):
            self.closed = True

    sink = Unwanted()
    RedactingObserver([sink], width_px=320).close()
    assert sink.closed
