"""One word for an hour of pictures."""

import pytest

from edge_agent.capture.camera import Counters
from edge_agent.reporting.connection_quality import ConnectionQuality
from wire.health import CaptureState, Connection

FLOWS, STALLED = CaptureState.STREAMING, CaptureState.STALLED


def after(minutes):
    """A camera's hour: (frames, reconnects, state) for each minute."""
    camera, counters = ConnectionQuality(), Counters()
    camera.record(0.0, FLOWS, counters)
    for minute, (frames, reconnects, state) in enumerate(minutes, 1):
        counters.captured += frames
        counters.reconnects += reconnects
        camera.record(60.0 * minute - 30, state, counters)
        camera.record(60.0 * minute, FLOWS, counters)
    return camera


STEADY = (1500, 0, FLOWS)


@pytest.mark.parametrize(
    ("minutes", "level"),
    [
        ([], Connection.EXCELLENT),
        ([STEADY] * 60, Connection.EXCELLENT),
        ([STEADY] * 9 + [(1300, 0, FLOWS)], Connection.FAIR),
        ([STEADY] * 9 + [(800, 0, FLOWS)], Connection.POOR),
        ([STEADY] * 9 + [(200, 0, FLOWS)], Connection.UNUSABLE),
        ([STEADY] * 9 + [(1500, 1, FLOWS)], Connection.FAIR),
        ([(1500, 0, STALLED)] * 5, Connection.POOR),
        ([(1500, 3, FLOWS)] * 10, Connection.UNUSABLE),
        ([(1500, 3, FLOWS)] * 10 + [STEADY] * 61, Connection.EXCELLENT),
    ],
)
def test_the_quality_follows_the_worst_of_rate_reconnects_and_stalls(minutes, level):
    assert after(minutes).level is level


def test_a_stream_that_does_not_arrive_now_is_unusable():
    camera = after([STEADY] * 10)
    camera.record(601.0, CaptureState.FAILED, Counters(15_000))
    assert (camera.level, camera.stalls) == (Connection.UNUSABLE, 1)


def test_the_rate_is_of_the_last_whole_minute():
    assert after([STEADY, (750, 0, FLOWS)]).rate_hz == 12.5
