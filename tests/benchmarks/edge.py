"""What one camera costs before its models: decoding, the gate, quality, and other people's gates.

Run it alone on the machine: `python tests/benchmarks/edge.py [VIDEO]`. CPU time, never wall time.
Without a video, two clips of 1080p30 H.264 at 4 Mb/s are drawn: a street, and four people in it.
Frigate-style is its published recipe (luma to 178 x 100, running average, fixed threshold),
written from its description. Memory is in `edge_memory.py`.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np

from edge_agent.agent import Agent
from edge_agent.capture.camera import ActivityLevel, Camera, Counters
from edge_agent.capture.decoding.frame_conversion import to_bgr, to_frame, to_luma
from edge_agent.capture.decoding.packet_decoder import PacketDecoder
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.sampler import Sampler
from edge_agent.outbox import Outbox
from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import HeadPose
from edge_agent.perception.networks import Networks, open_networks
from edge_agent.perception.tracker import Tracker
from edge_agent.selection.downscale import downscale
from edge_agent.selection.image_quality import ImageQuality
from edge_agent.selection.motion_gate import MotionGate
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import MotionSettings, QualitySettings
from edge_agent.settings.loading import parse
from edge_agent.settings.perception import TrackingSettings
from edge_agent.transport.loopback import LoopbackLink
from simulators.scene.command import lens_for
from simulators.scene.population import create_population
from simulators.scene.video_writer import SceneRenderer
from wire.health import CaptureState
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

FPS, SECONDS, ANALYSED_FPS = 30, 12, 5
BEGUN_AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
EVERY = FPS // ANALYSED_FPS


class NoNetworks:
    """Stands where the networks stand, and finds nobody: what is left is everything before them."""

    name, version = "none", "0"

    def faces(self, image: np.ndarray) -> list[Face]:
        return []

    def poses(self, image: np.ndarray, faces: list[Face]) -> list[HeadPose]:
        return []


class RestingFilm:
    """A film as a live camera that may rest: packets go where `StreamCamera` sends them."""

    def __init__(self, path: Path) -> None:
        self.name, self.state, self.counters = str(path), CaptureState.STREAMING, Counters()
        self.rest_after_s = 0.01  # from its second picture on
        self._path, self._rest = path, ActivityLevel.FULL

    def rest(self, rest: ActivityLevel) -> None:
        self._rest = rest

    def close(self) -> None:
        pass

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        with av.open(str(self._path)) as container:
            stream = container.streams.video[0]
            decoder, sampler = PacketDecoder(stream), Sampler(ANALYSED_FPS)
            for packet in container.demux(stream):
                at_s = self.counters.captured / FPS
                self.counters.captured += packet.size > 0
                pictures = decoder.pictures(packet, activity=self._rest)
                if not sampler.selects(at_s):
                    continue
                at = BEGUN_AT + timedelta(seconds=at_s)
                for picture in pictures:
                    yield to_frame(picture, at, at_s, self.counters.captured)
                if not pictures:
                    yield FrameGap(at, at_s, resting=True)


def drawn(path: Path, people: int) -> Path:
    """Twelve seconds of the simulator's street at full size; the noise makes the bit rate.

    The people move ten times a second, the sensor's noise thirty times. A key picture every two
    seconds and none between, as cameras send it.
    """
    random = np.random.default_rng(1)
    lens = lens_for("1920x1080")
    scene = SceneRenderer(create_population(people, SECONDS, 7, lens), lens, 7)
    grains = [random.normal(0, 4, (1080, 1920, 1)).astype(np.int16) for _ in range(4)]
    options = {"preset": "veryfast", "tune": "zerolatency", "g": "60", "sc_threshold": "0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.bit_rate = 4_000_000
        for n in range(FPS * SECONDS):
            if n % 3 == 0 and (people or n == 0):
                picture = scene.picture(n / FPS)
            grainy = np.clip(picture + grains[n % 4], 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grainy, format="bgr24")))
        container.mux(stream.encode())
    return path


def decoding(path: Path, work: Callable[[av.VideoFrame, int], object], *, keys: bool) -> float:
    """CPU milliseconds per picture that the camera sent, decoded or not."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        if keys:
            stream.codec_context.skip_frame = "NONKEY"
        started_s = time.thread_time()
        for number, picture in enumerate(container.decode(stream)):
            work(picture, number)
        return (time.thread_time() - started_s) * 1000 / (FPS * SECONDS)


def shrunk(clip: Path) -> Path:
    """The same film as a camera's small stream: 640 x 360 at half a megabit a second."""
    path = clip.with_name(f"small-{clip.name}")
    options = {"preset": "veryfast", "tune": "zerolatency", "g": "60", "sc_threshold": "0"}
    with av.open(str(clip)) as source, av.open(str(path), "w") as copy:
        stream = copy.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.bit_rate = 500_000
        for picture in source.decode(video=0):
            small_one = picture.reformat(640, 360, "yuv420p", interpolation="AREA")
            copy.mux(stream.encode(small_one))
        copy.mux(stream.encode())
    return path


def listening(path: Path) -> float:
    """CPU milliseconds per picture of a stream whose packets are kept and not decoded."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = PacketDecoder(stream)
        started_s = time.thread_time()
        for packet in container.demux(stream):
            decoder.pictures(packet, activity=ActivityLevel.BUFFERING)
        return (time.thread_time() - started_s) * 1000 / (FPS * SECONDS)


def per_sample(pictures: list[np.ndarray], work: Callable[[np.ndarray, float], object]) -> float:
    """Median CPU milliseconds for one sampled picture."""
    spent = []
    for number, picture in enumerate(pictures):
        started_s = time.thread_time()
        work(picture, number / ANALYSED_FPS)
        spent.append((time.thread_time() - started_s) * 1000)
    return statistics.median(spent)


def frigate_style() -> Callable[[np.ndarray, float], list[float]]:
    """Nearest-neighbour to 100 rows, contrast stretched as in the last fifty, running average,
    dilated threshold: the areas of what differs.
    """
    average: np.ndarray | None = None
    limits: deque[np.ndarray] = deque(maxlen=50)

    def look(picture: np.ndarray, _at_s: float) -> list[float]:
        nonlocal average
        reduced = cv2.resize(picture, (178, 100), interpolation=cv2.INTER_NEAREST)
        limits.append(np.percentile(reduced, (4, 96)))
        low, high = np.mean(limits, axis=0)
        stretched = np.clip((reduced - low) * 255 / max(high - low, 1), 0, 255).astype(np.uint8)
        soft = cv2.GaussianBlur(stretched, (3, 3), 0)
        if average is None:
            average = soft.astype(np.float32)
        difference = cv2.absdiff(soft, cv2.convertScaleAbs(average))
        average = cv2.accumulateWeighted(soft, average, 0.01)
        _, changed = cv2.threshold(difference, 30, 255, cv2.THRESH_BINARY)
        outlines, _ = cv2.findContours(
            cv2.dilate(changed, None, iterations=1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        return [cv2.contourArea(outline) for outline in outlines]

    return look


def mog2(size: tuple[int, int] | None) -> Callable[[np.ndarray, float], object]:
    """OpenCV's mixture of Gaussians, on the whole picture or on a reduced one."""
    model = cv2.createBackgroundSubtractorMOG2(detectShadows=False)

    def look(picture: np.ndarray, _at_s: float) -> object:
        reduced = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if size else picture
        return cv2.countNonZero(model.apply(reduced))

    return look


def ours() -> Callable[[np.ndarray, float], object]:
    """Reduce, judge, gate: everything that a sampled picture meets before the detector."""
    gate, quality = MotionGate(MotionSettings()), ImageQuality(QualitySettings())

    def look(picture: np.ndarray, at_s: float) -> object:
        reduced = downscale(picture)
        return quality.unobserved_cause(reduced, at_s) or gate.should_analyse(
            reduced, at_s, tracks=0
        )

    return look


def whole(camera: Camera, settings: Settings, networks: Networks | None) -> tuple[float, int]:
    """CPU milliseconds of the agent per picture sent, and how often the detector was woken."""
    here = DeviceAddress(LocationId("bench"), DeviceId("bench"))
    detector, pose = networks or (NoNetworks(), NoNetworks())
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder, "outbox.sqlite3"))
        agent = Agent(
            settings,
            address=here,
            camera=camera,
            detector=detector,
            pose=pose,
            outbox=outbox,
            link=LoopbackLink(here, lambda event: True),
        )
        started_s = time.process_time()
        totals = agent.run()
        spent_ms = (time.process_time() - started_s) * 1000
        outbox.close()
    return spent_ms / totals.captured, totals.analysed


def tracking() -> float:
    """Median CPU milliseconds for ten faces that walk."""
    tracker = Tracker(TrackingSettings())
    spent = []
    for number in range(200):
        boxes = [
            (90.0 * k + number, 50.0 * k, 90.0 * k + number + 40, 50.0 * k + 40) for k in range(10)
        ]
        started_s = time.thread_time()
        tracker.update(boxes, number / ANALYSED_FPS)
        spent.append((time.thread_time() - started_s) * 1000)
    return statistics.median(spent)


def agents(empty: Path, people: Path) -> None:
    """The agent in its modes, before its networks and with them."""
    networks = open_networks(Settings())
    always = parse("[motion]\nalways = true")
    print("CPU ms per picture sent, the whole agent   before networks   with them   woken")
    for name, path, settings, rests in (
        ("idle: key pictures, nobody there", empty, Settings(), True),
        ("active, nobody there", empty, Settings(), False),
        ("active, people walk past", people, Settings(), False),
        ("always looking, people walk past", people, always, False),
    ):
        spent = []
        for given in (None, networks):
            camera = (
                RestingFilm(path)
                if rests
                else open_camera(str(path), settings.capture, speed=math.inf)
            )
            spent.append(whole(camera, settings, given))
        (before, _), (with_them, woken) = spent
        shares = f"({before * FPS / 10:4.1f} %)   {with_them:7.3f} ({with_them * FPS / 10:4.1f} %)"
        print(f"  {name:38} {before:7.3f} {shares}   {woken:4}")
    print(f"  in brackets: of one core, at {FPS} pictures a second, {ANALYSED_FPS} of them sampled")


def gates(empty: Path, people: Path) -> None:
    """What a sampled picture costs before the detector, ours and others', on the same clips."""
    clips = []
    for path in (empty, people):
        pictures: list[np.ndarray] = []
        decoding(
            path, lambda p, n, to=pictures: n % EVERY or to.append(to_luma(p).copy()), keys=False
        )
        clips.append(pictures)
    print("CPU ms per sampled 1080p luma, median    nobody there   people")
    for name, work in (
        ("ours: reduce, quality and gate", ours),
        ("ours: reduce alone", lambda: lambda picture, _: downscale(picture)),
        ("Frigate-style gate alone", frigate_style),
        ("MOG2 at 320 x 180, gate alone", lambda: mog2((320, 180))),
        ("MOG2 at full size, gate alone", lambda: mog2(None)),
    ):
        spent = [per_sample(pictures, work()) for pictures in clips]
        print(f"  {name:38} {spent[0]:7.3f}       {spent[1]:7.3f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", nargs="?", type=Path, help="1080p30 for comparable figures")
    given = parser.parse_args().video
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        empty = given or drawn(Path(folder, "empty.mp4"), people=0)
        people = given or drawn(Path(folder, "people.mp4"), people=4)
        print(f"{people.stat().st_size * 8 / SECONDS / 1e6:.1f} Mb/s; of a core at {FPS} fps")
        print("CPU ms per picture that the camera sends")
        for name, keys, work in (
            ("decoding alone", False, lambda picture, n: None),
            ("and a view of every luma", False, lambda picture, n: to_luma(picture)),
            ("and every sixth in colour", False, lambda picture, n: n % EVERY or to_bgr(picture)),
            ("key pictures alone", True, lambda picture, n: to_luma(picture)),
        ):
            spent = decoding(people, work, keys=keys)
            print(f"  {name:38} {spent:7.3f} ({spent * FPS / 10:4.1f} %)")
        spent = decoding(shrunk(people), lambda picture, n: to_luma(picture), keys=False)
        spent += listening(people)
        print(
            f"  {'a small stream, the large one kept':38} {spent:7.3f} ({spent * FPS / 10:4.1f} %)"
        )
        agents(empty, people)
        gates(empty, people)
    print(f"CPU ms to follow ten faces               {tracking():7.3f}")


if __name__ == "__main__":
    main()
