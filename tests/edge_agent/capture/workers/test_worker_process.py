"""A worker answers each byte with the newest moment of its camera until the pipe is closed."""

import io
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from edge_agent.capture.camera import ActivityLevel, Counters
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.source import live_source
from edge_agent.capture.workers import worker_process
from edge_agent.capture.workers.worker_process import (
    WorkerReply,
    WorkerRequest,
    serve,
    with_length,
)
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SETTINGS = CaptureSettings()
REQUEST = WorkerRequest(live_source("http://127.0.0.1:1/x", SETTINGS), SETTINGS, 0.0)
PLANES = np.arange(24, dtype=np.uint8).reshape(6, 4)


class FakeCamera:
    """Yields these moments; records its activity."""

    def __init__(self, *moments):
        self.moments = moments
        self.state, self.alive_s, self.is_software = CaptureState.STREAMING, 0.0, True
        self.counters = Counters(captured=7, dropped=2, reconnects=1)
        self.failure = CaptureFailure(FailureCause.NO_ANSWER)
        self.activities, self.is_closed = [], False

    def __iter__(self):
        return iter(self.moments)

    def set_activity(self, level):
        self.activities.append(level)

    def close(self):
        self.is_closed = True


@pytest.fixture
def run(monkeypatch):
    """Serves these bytes with a camera; returns the replies, each with the bytes that follow."""

    def run(camera, asked):
        monkeypatch.setattr(worker_process, "_camera", lambda request: camera)
        replies = io.BytesIO()
        serve(io.BytesIO(with_length(msgspec.msgpack.encode(REQUEST)) + asked), replies)
        return list(read(replies.getvalue()))

    return run


def read(content):
    stream = io.BytesIO(content)
    while length := int.from_bytes(stream.read(4), "big"):
        reply = msgspec.msgpack.decode(stream.read(length), type=WorkerReply)
        yield reply, stream.read(reply.planes_bytes), stream.read(reply.luma_bytes)


def test_a_frame_is_sent_with_its_planes_and_the_state_of_the_camera(run):
    ((reply, planes, luma),) = run(FakeCamera(Frame(PLANES, EIGHT, 1.5, 9)), b"n")
    assert (reply.captured_at, reply.elapsed_s, reply.index) == (EIGHT, 1.5, 9)
    assert (reply.height_px, reply.width_px, planes) == (4, 4, PLANES.tobytes())
    assert (reply.captured, reply.dropped, reply.reconnects) == (7, 2, 1)
    assert (reply.state, reply.failure.cause) == (CaptureState.STREAMING, FailureCause.NO_ANSWER)
    assert (reply.is_software, luma) == (True, b"")
    assert reply.quiet_s > 0


def test_a_gap_is_sent_without_planes(run):
    moments = FrameGap(EIGHT, 1.0), FrameGap(EIGHT, 2.0, resting=True)
    found = run(FakeCamera(*moments), b"nn")
    assert [(reply.elapsed_s, reply.resting) for reply, *_ in found] == [(1.0, False), (2.0, True)]
    assert [reply.planes_bytes for reply, *_ in found] == [0, 0]


def test_each_byte_sets_the_activity_and_the_end_of_the_pipe_closes_the_camera(run):
    camera = FakeCamera(*[FrameGap(EIGHT, 1.0)] * 3)
    run(camera, b"nrn")
    assert camera.activities == [
        ActivityLevel.FULL, ActivityLevel.KEY_PICTURES, ActivityLevel.FULL,
    ]  # fmt: skip
    assert camera.is_closed


def test_without_a_request_for_a_frame_nothing_is_sent(run):
    camera = FakeCamera()
    assert run(camera, b"") == []
    assert camera.is_closed


def test_the_luma_of_a_substream_follows_the_planes(run, monkeypatch):
    class Dual(FakeCamera):
        pass

    monkeypatch.setattr(worker_process, "DualCamera", Dual)
    luma = np.arange(12, dtype=np.uint8).reshape(3, 4)[:, :2]  # a view with gaps
    frame = Frame(PLANES, EIGHT, 1.0, 0, luma=lambda: luma)
    coarse = Frame(PLANES, EIGHT, 2.0, 1, luma=lambda: luma, is_coarse=True)
    first, second = run(Dual(frame, coarse), b"nn")
    assert (first[0].luma_height_px, first[0].luma_width_px) == (3, 2)
    assert first[2] == luma.tobytes()
    assert (second[0].is_coarse, second[2]) == (True, b"")


@pytest.mark.parametrize("has_substream", [False, True])
def test_the_camera_of_a_request_reads_its_sources(has_substream):
    small = live_source("http://127.0.0.1:2/small", SETTINGS) if has_substream else None
    camera = worker_process._camera(msgspec.structs.replace(REQUEST, substream=small))
    assert type(camera).__name__ == ("DualCamera" if has_substream else "StreamCamera")
    assert camera.name == "http://127.0.0.1:1"
