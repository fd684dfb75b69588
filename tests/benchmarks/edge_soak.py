"""A day in minutes: does anything grow? `python tests/benchmarks/edge_soak.py [HOURS]`.

The real agent at one picture a second, on simulated time: people come and go, the lens is dark for
a minute of every hour and the camera dead for another, and the cloud is away for six hours in
the middle. Memory must be flat after the second hour, the outbox must come back to nothing.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from edge_agent.agent import Agent
from edge_agent.capture.camera import Counters
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.outbox import Outbox
from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import HeadPose
from edge_agent.reporting.system_health import rss_bytes
from edge_agent.settings.loading import parse
from edge_agent.transport.loopback import LoopbackLink
from wire.envelope import AudienceEvent, Event
from wire.health import CaptureState
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

BEGUN_AT = datetime(2026, 11, 23, tzinfo=UTC)
HOUR_S = 3600
MOST_GROWTH_MIB = 4.0
SETTINGS = parse("[tracking]\nconfirm_s = 2\nconfirm_within_s = 5\nlongest_gap_s = 1.5\n")


class Squares:
    """Finds white squares, who look straight ahead."""

    name, version = "squares", "1"

    def faces(self, image: np.ndarray) -> list[Face]:
        _, _, boxes, _ = cv2.connectedComponentsWithStats((image[:, :, 0] > 235).astype(np.uint8))
        return [
            Face((x, y, x + w, y + h), 0.9, np.zeros((5, 2), np.float32))
            for x, y, w, h, area in boxes[1:].astype(float)
            if area > 100
        ]

    def poses(self, image: np.ndarray, faces: list[Face]) -> list[HeadPose]:
        return [HeadPose(0.0, 0.0, 0.0, 6.0) for _ in faces]


class Day:
    """The camera: a second a picture, and what the clock says while it is measured."""

    def __init__(self, hours: int, tell: Callable[[int], None]) -> None:
        self.name, self.state, self.counters = "day", CaptureState.STREAMING, Counters()
        self.now_s = 0
        self._hours, self._tell = hours, tell
        random = np.random.default_rng(7)
        tiles = random.integers(60, 180, (9, 16), np.uint8)
        self._place = cv2.resize(tiles, (320, 180), interpolation=cv2.INTER_NEAREST)
        self._grains = [random.normal(0, 2, (180, 320)) for _ in range(7)]

    def close(self) -> None:
        pass

    def at(self) -> datetime:
        return BEGUN_AT + timedelta(seconds=self.now_s)

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        for now_s in range(self._hours * HOUR_S):
            self.now_s = now_s
            if self.now_s % HOUR_S == HOUR_S - 1:
                self._tell(self.now_s // HOUR_S + 1)
            if self.now_s % HOUR_S // 60 == 40:
                yield FrameGap(self.at(), self.now_s)
                continue
            self.counters.captured += 1
            yield Frame(self._picture(), self.at(), float(self.now_s), self.counters.captured)

    def _picture(self) -> np.ndarray:
        if self.now_s % HOUR_S // 60 == 20:
            return np.zeros((180, 320, 3), np.uint8)
        picture = np.clip(self._place + self._grains[self.now_s % 7], 0, 200).astype(np.uint8)
        if self.now_s % 90 < 12:
            left = 20 + 4 * (self.now_s % 90)
            picture[60:90, left : left + 30] = 255
        return np.repeat(picture[:, :, None], 3, axis=2)


def lived(hours: int, folder: Path) -> tuple[int, int, list[float]]:
    """Reports made, reports received, and the memory in MiB at the end of every hour."""
    here = DeviceAddress(LocationId("soak"), DeviceId("soak"))
    away = range(hours * 2 // 5 * HOUR_S, (hours * 2 // 5 + hours // 4) * HOUR_S)
    received: list[int] = []
    rss_mib: list[float] = []
    outbox = Outbox(folder / "outbox.sqlite3")

    def tell(hour: int) -> None:
        rss_mib.append(rss_bytes() / 2**20)
        disk_mib = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
        print(
            f"{hour:4} h {rss_mib[-1]:8.1f} MiB memory {disk_mib:8.2f} MiB disk "
            f"{outbox.depth:6} reports wait",
            flush=True,
        )

    def deliver(event: Event) -> bool:
        if isinstance(event, AudienceEvent) and day.now_s not in away:
            received.append(event.data.sequence.first)
        return day.now_s not in away

    day = Day(hours, tell)
    agent = Agent(
        SETTINGS,
        address=here,
        camera=day,
        detector=Squares(),
        pose=Squares(),
        outbox=outbox,
        link=LoopbackLink(here, deliver),
        clock=day.at,
        steady=lambda: float(day.now_s),
    )
    made = agent.run(drain_s=0).reports
    outbox.close()
    return made, len(set(received)), rss_mib


def main() -> int:
    """Live through the day and tell what grew; 1 when something did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hours", nargs="?", type=int, default=24)
    hours = parser.parse_args().hours
    cv2.setNumThreads(1)
    logging.disable()  # its troubles are made on purpose
    started_s = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        made, received, rss_mib = lived(hours, Path(folder))
    settled = rss_mib[min(1, hours - 1)]
    growth_mib = max(rss_mib) - settled
    print(f"{hours} h in {time.process_time() - started_s:.0f} s of processor time")
    print(f"reports made {made}, received {received}")
    print(f"memory grew by {growth_mib:.1f} MiB after the second hour, at most {MOST_GROWTH_MIB}")
    return int(growth_mib > MOST_GROWTH_MIB or received < made)


if __name__ == "__main__":
    sys.exit(main())
