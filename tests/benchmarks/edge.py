"""What one camera costs before its models: decoding, the gate, quality, and other people's gates.

Run it alone on the machine: `python tests/benchmarks/edge.py [VIDEO]`. CPU time of one thread,
never wall time. Without a video, ten seconds of 1080p30 H.264 at 4 Mb/s are drawn: an untidy
place, the sensor's noise, one walker in the second half. Frigate-style is its published recipe
(luma to 178 x 100, running average, fixed threshold), written from its description.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from edge_agent.agent import Agent, models_for
from edge_agent.capture import open_camera
from edge_agent.capture.decoded import bgr, luma
from edge_agent.health import rss_bytes
from edge_agent.link.loopback import LoopbackLink
from edge_agent.motion import Gate, small
from edge_agent.outbox import Outbox
from edge_agent.quality import Quality
from edge_agent.settings import MotionSettings, QualitySettings, Settings, TrackingSettings, parse
from edge_agent.track import Tracker
from wire.scalars import DeviceId, LocationId
from wire.topics import Address

FPS, SECONDS, ANALYSED_FPS = 30, 10, 5
EVERY = FPS // ANALYSED_FPS


def drawn(path: Path) -> Path:
    """Ten seconds at full size; the noise is what makes the bit rate."""
    random = np.random.default_rng(1)
    place = cv2.resize(
        random.integers(40, 200, (27, 48), np.uint8), (1920, 1080), interpolation=cv2.INTER_CUBIC
    )
    grains = [random.normal(0, 4, place.shape).astype(np.int16) for _ in range(4)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=FPS, options={"preset": "veryfast", "tune": "zerolatency", "g": "60"}
        )
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.bit_rate = 4_000_000
        for n in range(FPS * SECONDS):
            picture = place.copy()
            if n > FPS * SECONDS // 2:
                picture[400:900, n * 5 : n * 5 + 160] = 60
            picture = np.clip(picture + grains[n % 4], 0, 255).astype(np.uint8)
            grey = np.repeat(picture[:, :, None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="bgr24")))
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


def per_sample(pictures: list[np.ndarray], work: Callable[[np.ndarray, float], object]) -> float:
    """Median CPU milliseconds for one sampled picture."""
    spent = []
    for number, picture in enumerate(pictures):
        started_s = time.thread_time()
        work(picture, number / ANALYSED_FPS)
        spent.append((time.thread_time() - started_s) * 1000)
    return statistics.median(spent)


def frigate_style() -> Callable[[np.ndarray, float], object]:
    """Nearest-neighbour to 100 rows, contrast stretched, running average, dilated threshold."""
    average = np.zeros((100, 178), np.float32)

    def look(picture: np.ndarray, _at_s: float) -> object:
        nonlocal average
        reduced = cv2.resize(picture, (178, 100), interpolation=cv2.INTER_NEAREST)
        low, high = np.percentile(reduced, (4, 96))
        stretched = np.clip((reduced - low) * 255 / max(high - low, 1), 0, 255).astype(np.uint8)
        soft = cv2.GaussianBlur(stretched, (3, 3), 0)
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
    gate, quality = Gate(MotionSettings()), Quality(QualitySettings())

    def look(picture: np.ndarray, at_s: float) -> object:
        reduced = small(picture)
        return quality.blindness(reduced, at_s) or gate.opens(reduced, at_s, tracks=0)

    return look


def whole(path: Path, settings: Settings) -> tuple[float, int]:
    """CPU milliseconds of the agent, models included, per picture sent; and pictures analysed."""
    here = Address(LocationId("bench"), DeviceId("bench"))
    detector, pose = models_for(settings)
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder, "outbox.sqlite3"))
        agent = Agent(
            settings,
            address=here,
            camera=open_camera(str(path), settings.capture, speed=math.inf),
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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", nargs="?", type=Path, help="1080p30 for comparable figures")
    given = parser.parse_args().video
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = given or drawn(Path(folder, "drawn.mp4"))
        print("CPU ms per picture that the camera sends")
        for name, keys, work in (
            ("decoding alone", False, lambda picture, n: None),
            ("and a view of every luma", False, lambda picture, n: luma(picture)),
            ("and every sixth in colour", False, lambda picture, n: n % EVERY or bgr(picture)),
            ("key pictures alone (idle)", True, lambda picture, n: luma(picture)),
        ):
            spent = decoding(path, work, keys=keys)
            print(f"  {name:34} {spent:7.3f}   {spent * FPS / 10:5.1f} % of a core at 30 fps")
        for name, settings in (
            ("the whole agent, gated", Settings()),
            ("the whole agent, always looking", parse("[motion]\nalways = true")),
        ):
            spent, analysed = whole(path, settings)
            share = f"{spent * FPS / 10:5.1f} % of a core, {analysed} pictures analysed"
            print(f"  {name:34} {spent:7.3f}   {share}")
        pictures: list[np.ndarray] = []
        decoding(path, lambda p, n: n % EVERY or pictures.append(luma(p).copy()), keys=False)
    print("CPU ms per sampled 1080p luma, median")
    for name, work in (
        ("ours: reduce, quality and gate", ours()),
        ("ours: reduce alone", lambda picture, _: small(picture)),
        ("Frigate-style gate alone", frigate_style()),
        ("MOG2 at 320 x 180, gate alone", mog2((320, 180))),
        ("MOG2 at full size, gate alone", mog2(None)),
    ):
        print(f"  {name:34} {per_sample(pictures, work):7.3f}")
    print(f"CPU ms to follow ten faces           {tracking():7.3f}")
    print(f"resident memory of this process      {rss_bytes() / 2**20:7.0f} MiB")


if __name__ == "__main__":
    main()
