"""One request, one reply: a worker that ends, hangs or sends invalid data is lost."""

import os
import threading
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from edge_agent.capture.source import live_source
from edge_agent.capture.workers.worker_ipc import WorkerClient, WorkerLostError
from edge_agent.capture.workers.worker_process import WorkerReply, WorkerRequest, with_length
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

SETTINGS = CaptureSettings()
REQUEST = WorkerRequest(live_source("http://127.0.0.1:1/x", SETTINGS), SETTINGS, 12.0)
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class PipedWorker:
    """A worker whose side of the pipes is held by the test; nothing is killed."""

    def __init__(self):
        read, to_worker = os.pipe()
        from_worker, write = os.pipe()
        self.requests = os.fdopen(to_worker, "wb", buffering=0)
        self.replies = os.fdopen(from_worker, "rb", buffering=0)
        self.received = os.fdopen(read, "rb", buffering=0)
        self.send = os.fdopen(write, "wb", buffering=0)
        self.pid = 4242

    def close(self):
        for pipe in (self.requests, self.replies, self.received, self.send):
            pipe.close()


@pytest.fixture
def worker():
    worker = PipedWorker()
    yield worker
    worker.close()


@pytest.fixture
def client(worker):
    return WorkerClient(REQUEST, lambda: worker)


def reply(**fields):
    counts = {"captured": 3, "dropped": 0, "reconnects": 0}
    moment = {"captured_at": EIGHT, "elapsed_s": 1.0, "state": CaptureState.STREAMING}
    return {**counts, **moment, "quiet_s": 0.1, "failure": None, **fields}


def encoded(**fields):
    return with_length(msgspec.msgpack.encode(reply(**fields)))


def answer(client, *, now_s=0.0, deadline_s=1.0):
    return client.answer(deadline_s, lambda: now_s)


def test_the_worker_receives_what_to_read_and_then_one_byte_for_each_frame(client, worker):
    length = int.from_bytes(worker.received.read(4), "big")
    assert msgspec.msgpack.decode(worker.received.read(length), type=WorkerRequest) == REQUEST
    client.ask(resting=False)
    client.ask(resting=True)
    assert worker.received.read(2) == b"nr"
    assert client.pid == 4242


def test_a_gap_has_no_planes(client, worker):
    assert not client.has_answer(0)
    worker.send.write(encoded(resting=True))
    assert client.has_answer(0)
    found = answer(client)
    assert found.reply == msgspec.convert(reply(resting=True), WorkerReply)
    assert (found.planes, found.luma) == (None, None)


def test_the_planes_and_the_luma_follow_the_header(client, worker):
    planes, luma = np.arange(24, dtype=np.uint8), np.arange(100, 106, dtype=np.uint8)
    worker.send.write(encoded(height_px=4, width_px=4, luma_height_px=2, luma_width_px=3))
    worker.send.write(planes.tobytes() + luma.tobytes())
    found = answer(client)
    assert np.array_equal(found.planes, planes.reshape(6, 4))
    assert np.array_equal(found.luma, luma.reshape(2, 3))


def test_an_answer_may_arrive_in_pieces(client, worker):
    content = encoded(height_px=200, width_px=400) + bytes(200 * 400 * 3 // 2)  # over a pipe's size

    def send():
        for start in range(0, len(content), 7_001):
            worker.send.write(content[start : start + 7_001])

    sender = threading.Thread(target=send)
    sender.start()
    assert answer(client, deadline_s=20.0).planes.shape == (300, 400)
    sender.join()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xff\xff\xff", "a header of 4294967295 bytes"),
        (with_length(b"junk"), "a header that cannot be read"),
        (with_length(b""), "a header that cannot be read"),
        (encoded(height_px=-2, width_px=4), "a header that cannot be read: Expected `int` >= 0"),
        (encoded(height_px=2**40, width_px=4), "Expected `int` <= 16384"),
        (encoded(luma_height_px=2, luma_width_px=10**6), "Expected `int` <= 16384"),
        (encoded(height_px=5, width_px=4), "planes of 4 x 5: both sides are even"),
        (encoded(state="dancing"), "Invalid enum value 'dancing'"),
    ],
)
def test_an_invalid_answer_loses_the_worker(client, worker, content, reason):
    worker.send.write(content)
    with pytest.raises(WorkerLostError, match=reason):
        answer(client)


def test_a_worker_that_ended_is_lost(client, worker):
    worker.send.write(encoded(height_px=4, width_px=4) + b"part")
    worker.send.close()
    with pytest.raises(WorkerLostError, match="it ended"):
        answer(client)


def test_an_answer_that_stops_is_not_awaited_beyond_the_deadline(client, worker):
    worker.send.write(b"\0\0")
    with pytest.raises(WorkerLostError, match="its answer stopped after 2 of 4 bytes"):
        answer(client, now_s=5.0, deadline_s=5.0)


def test_a_worker_that_reads_no_requests_any_more_is_lost(client, worker):
    worker.received.close()
    with pytest.raises(WorkerLostError, match=r"it accepts no request: .*Broken pipe"):
        client.ask(resting=False)


def test_a_worker_that_cannot_be_started_is_lost():
    def fail():
        raise OSError("too many open files")

    with pytest.raises(WorkerLostError, match="no worker can be started: too many open files"):
        WorkerClient(REQUEST, fail)


def test_a_worker_that_takes_no_request_is_ended(worker):
    killed = []
    worker.kill = lambda: killed.append(worker.pid)
    worker.received.close()
    with pytest.raises(WorkerLostError, match="accepts no request"):
        WorkerClient(REQUEST, lambda: worker)
    assert killed == [worker.pid]
