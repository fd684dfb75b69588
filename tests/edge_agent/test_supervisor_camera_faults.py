"""Two cameras in one process: the faults of one do not affect the other.

A worker of its own reads each camera over HTTP on loopback; an agent of its own measures it.
"""

import io
import threading
import time
from contextlib import contextmanager

import av
import cv2
import pytest

from edge_agent.agent import Agent
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.outbox import Outbox
from edge_agent.settings.loading import parse
from edge_agent.supervisor import Supervisor
from edge_agent.transport.loopback import LoopbackLink
from wire.envelope import AudienceEvent
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

SETTINGS = parse("""
interval_s = 1
[capture]
open_timeout_s = 2
read_timeout_s = 1
backoff_s = 0.2
longest_backoff_s = 1
analysed_fps = 10
""")
BACK_WITHIN_S = 10.0
TIME_LIMIT_S = 30.0


class ObservedCamera:
    """A camera that counts its frames and records their size."""

    def __init__(self, camera):
        self._camera = camera
        self.frames = 0
        self.size = (0, 0)

    def __getattr__(self, name):
        return getattr(self._camera, name)

    def __iter__(self):
        for moment in self._camera:
            if isinstance(moment, Frame):
                self.frames += 1
                self.size = moment.luma().shape
            yield moment


def until(is_met, within_s=TIME_LIMIT_S):
    deadline = time.monotonic() + within_s
    while not is_met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def delay_timestamps(film_bytes):
    """The same video with timestamps four hours later."""
    later = io.BytesIO()
    with (
        av.open(io.BytesIO(film_bytes)) as clip,
        av.open(later, "w", format="mpegts") as copy,
    ):
        stream = clip.streams.video[0]
        out = copy.add_stream_from_template(stream)
        for packet in clip.demux(stream):
            if packet.dts is not None:
                packet.pts += 4 * 3600 * 90_000
                packet.dts += 4 * 3600 * 90_000
                packet.stream = out
                copy.mux(packet)
    return later.getvalue()


@pytest.fixture
def pair(live, film, street, detector, pose, tmp_path):
    """Runs two cameras: the stream servers, the observed cameras and the reports, each by name."""
    pictures = [street(n / 10) for n in range(40)]
    normal = film(pictures, name="normal.ts").read_bytes()
    servers, cameras, reports = {}, {}, {"faulty": [], "sound": []}

    def engage_camera(name):
        @contextmanager
        def engage():
            address = DeviceAddress(LocationId("KX-01"), DeviceId(name))
            cameras[name] = ObservedCamera(open_camera(servers[name].url, SETTINGS.capture))
            outbox = Outbox(tmp_path / name)

            def store(event):
                if isinstance(event, AudienceEvent):
                    reports[name].append(event.data)
                return True

            yield Agent(
                SETTINGS, address=address, camera=cameras[name], detector=detector, pose=pose,
                outbox=outbox, link=LoopbackLink(address, store),
            )  # fmt: skip
            outbox.close()

        return engage

    for name in ("faulty", "sound"):
        servers[name] = live(normal)
    supervisor = Supervisor({DeviceId(name): engage_camera(name) for name in servers}, drain_s=2)
    running = threading.Thread(target=supervisor.run)
    running.start()
    until(lambda: len(cameras) == 2 and all(one.frames > 5 for one in cameras.values()))
    yield servers, cameras, reports
    supervisor.stop()
    running.join(TIME_LIMIT_S)
    assert not running.is_alive()
    assert all(supervisor.totals[DeviceId(name)].unacknowledged == 0 for name in servers)


def wait_for_frames(camera):
    """Wait for a second of frames."""
    goal = camera.frames + 10
    until(lambda: camera.frames >= goal)


@pytest.mark.parametrize("behaviour", ["stall", "noise", "close"])
def test_a_faulty_camera_does_not_stop_the_other_and_recovers(pair, behaviour):
    servers, cameras, reports = pair
    servers["faulty"].behaviour = behaviour
    faulty, frames = cameras["faulty"], []
    until(lambda: frames.append(faulty.frames) or (len(frames) > 50 and frames[-50] == frames[-1]))
    wait_for_frames(cameras["sound"])
    servers["faulty"].behaviour = "stream"
    before = faulty.frames
    until(lambda: faulty.frames > before, within_s=BACK_WITHIN_S)
    wait_for_frames(faulty)
    assert sum(report.blind_ms.get("offline", 0) for report in reports["sound"]) == 0


def test_a_camera_may_change_its_size_its_timestamps_and_its_rate(pair, film, street):
    servers, cameras, reports = pair
    faulty = servers["faulty"]
    large = (cv2.resize(street(n / 10), (640, 360)) for n in range(40))
    faulty.film_bytes = film(large, name="large.ts").read_bytes()
    until(lambda: cameras["faulty"].size == (360, 640), within_s=BACK_WITHIN_S)
    faulty.film_bytes = delay_timestamps(faulty.film_bytes)
    wait_for_frames(cameras["faulty"])
    faulty.fps = 1.0
    goal = cameras["faulty"].frames + 3
    until(lambda: cameras["faulty"].frames >= goal)
    wait_for_frames(cameras["sound"])
    faulty.fps = 20.0
    wait_for_frames(cameras["faulty"])
    assert cameras["faulty"].size == (360, 640)
    assert sum(report.blind_ms.get("offline", 0) for report in reports["sound"]) == 0
