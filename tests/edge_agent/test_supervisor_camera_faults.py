"""Two real cameras in one process, one of them ill in every way there is: the other never notices.

Each is read by a worker of its own over HTTP on loopback and measured by an agent of its own.
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
PATIENCE_S = 30.0


class Watched:
    """A camera that remembers what passed through it."""

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


def until(holds, within_s=PATIENCE_S):
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def hours_later(film_bytes):
    """The same film, its time stamps four hours on."""
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
    """A station of two cameras: the cameras on the wall, what passes, and the reports, by name."""
    pictures = [street(n / 10) for n in range(40)]
    normal = film(pictures, name="normal.ts").read_bytes()
    walls, passing, reports = {}, {}, {"ill": [], "well": []}

    def engaged(name):
        @contextmanager
        def engage():
            address = DeviceAddress(LocationId("KX-01"), DeviceId(name))
            passing[name] = Watched(open_camera(walls[name].url, SETTINGS.capture))
            outbox = Outbox(tmp_path / name)

            def keep(event):
                if isinstance(event, AudienceEvent):
                    reports[name].append(event.data)
                return True

            yield Agent(
                SETTINGS, address=address, camera=passing[name], detector=detector, pose=pose,
                outbox=outbox, link=LoopbackLink(address, keep),
            )  # fmt: skip
            outbox.close()

        return engage

    for name in ("ill", "well"):
        walls[name] = live(normal)
    station = Supervisor({DeviceId(name): engaged(name) for name in walls}, drain_s=2)
    running = threading.Thread(target=station.run)
    running.start()
    until(lambda: len(passing) == 2 and all(one.frames > 5 for one in passing.values()))
    yield walls, passing, reports
    station.stop()
    running.join(PATIENCE_S)
    assert not running.is_alive()
    assert all(station.totals[DeviceId(name)].unacknowledged == 0 for name in walls)


def goes_on(camera):
    """Wait until the camera has passed on a second of pictures."""
    goal = camera.frames + 10
    until(lambda: camera.frames >= goal)


@pytest.mark.parametrize("mood", ["mute", "noise", "gone"])
def test_a_camera_that_is_ill_never_stops_the_other_and_is_back_soon(pair, mood):
    walls, passing, reports = pair
    walls["ill"].mood = mood
    ill, frames = passing["ill"], []
    until(lambda: frames.append(ill.frames) or (len(frames) > 50 and frames[-50] == frames[-1]))
    goes_on(passing["well"])
    walls["ill"].mood = "well"
    before = ill.frames
    until(lambda: ill.frames > before, within_s=BACK_WITHIN_S)
    goes_on(ill)
    assert sum(report.blind_ms.get("offline", 0) for report in reports["well"]) == 0


def test_a_camera_that_changes_its_size_its_time_and_its_rate_is_followed(pair, film, street):
    walls, passing, _ = pair
    ill = walls["ill"]
    large = (cv2.resize(street(n / 10), (640, 360)) for n in range(40))
    ill.film_bytes = film(large, name="large.ts").read_bytes()
    until(lambda: passing["ill"].size == (360, 640), within_s=BACK_WITHIN_S)
    ill.film_bytes = hours_later(ill.film_bytes)
    goes_on(passing["ill"])
    ill.fps = 1.0
    goal = passing["ill"].frames + 3
    until(lambda: passing["ill"].frames >= goal)
    goes_on(passing["well"])
    ill.fps = 20.0
    goes_on(passing["ill"])
