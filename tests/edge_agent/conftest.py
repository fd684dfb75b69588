"""Fixtures: drawn videos, replacements of the networks, a whole agent, and a cloud over MQTT."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_agent.agent import Agent
from edge_agent.outbox import Outbox
from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import HeadPose
from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.agent_process import MqttCloud
from tests.edge_agent.films import write_film
from tests.edge_agent.live_camera import LiveCamera
from tests.edge_agent.unlimited_reports import without_threshold
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress


@dataclass
class BrightSquares:
    """Finds squares of pure white; replaces a network."""

    name: str = "bright-squares"
    version: str = "1"

    def faces(self, image):
        mask = (image[:, :, 0] > 235).astype(np.uint8)
        _, _, boxes, _ = cv2.connectedComponentsWithStats(mask)
        return [
            Face(
                (float(x), float(y), float(x + w), float(y + h)), 0.9, np.zeros((5, 2), np.float32)
            )
            for x, y, w, h, area in boxes[1:]
            if area > 100
        ]


@dataclass
class StraightHeads:
    """Every head looks into the camera, or wherever `yaw_deg` says."""

    yaw_deg: float = 0.0
    name: str = "straight-heads"
    version: str = "1"

    def poses(self, image, faces):
        return [HeadPose(self.yaw_deg, 0.0, 0.0, 6.0) for _ in faces]


@pytest.fixture
def detector():
    return BrightSquares()


@pytest.fixture
def pose():
    return StraightHeads()


@pytest.fixture
def address():
    return DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))


@pytest.fixture(scope="session")
def street():
    """Draws an empty street with edges and sensor noise, 320 x 180, grey, and people in it."""
    random = np.random.default_rng(7)
    tiles = random.integers(60, 180, (9, 16), np.uint8)
    scene = cv2.resize(tiles, (320, 180), interpolation=cv2.INTER_NEAREST)
    noisy = [np.clip(scene + random.normal(0, 2, scene.shape), 0, 200) for _ in range(7)]

    def picture(seconds: float = 0.0, people: Iterable[tuple[int, int]] = ()):
        image = noisy[round(seconds * 10) % len(noisy)].astype(np.uint8)
        for x, y in people:
            image[y : y + 30, x : x + 30] = 255
        return np.repeat(image[:, :, None], 3, axis=2)

    return picture


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Writes images into a video file as cameras encode: no B-frames, a key frame every second."""

    def write(pictures, *, fps: int = 10, name: str = "clip.mp4", bf: int = 0) -> Path:
        return write_film(tmp_path / name, pictures, fps=fps, bf=bf)

    return write


@pytest.fixture
def live():
    """Starts live cameras: `live(film_bytes)`."""
    cameras = []

    def opened(film_bytes, **how):
        cameras.append(LiveCamera(film_bytes, **how))
        return cameras[-1]

    yield opened
    for camera in cameras:
        camera.close()


@pytest.fixture
def outbox(tmp_path):
    box = Outbox(tmp_path / "outbox.sqlite3")
    yield box
    box.close()


@pytest.fixture
def received():
    """Every event that the cloud received."""
    return []


@pytest.fixture
def agent(address, detector, pose, outbox, received):
    """Builds an agent; `groups_only` keeps the privacy threshold of people."""

    def build(camera, settings=None, *, groups_only=False, **others):
        parts = {
            "address": address,
            "camera": camera,
            "detector": detector,
            "pose": pose,
            "outbox": outbox,
            "link": LoopbackLink(address, lambda event: received.append(event) or True),
        }
        used = settings if groups_only else without_threshold(settings)
        return Agent(used, **{**parts, **others})

    return build


@pytest.fixture
def cloud(mosquitto):
    """Acknowledges every report and stores it."""
    client = MqttCloud(mosquitto)
    yield client
    client.close()


@pytest.fixture(scope="session")
def street_film(street, tmp_path_factory):
    """Writes a copy of a film of the street; each length and format is encoded once."""
    folder = tmp_path_factory.mktemp("street")

    def write(path: Path, frames: int) -> Path:
        original = folder / f"{frames}{path.suffix}"
        if not original.exists():
            write_film(original, (street(n / 10) for n in range(frames)), fps=10, bf=0)
        return Path(shutil.copyfile(original, path))

    return write


@pytest.fixture
def arguments(street_film, tmp_path):
    """Command line options of one camera: a video of five seconds."""
    path = street_film(tmp_path / "clip.mp4", 50)
    return [
        "--source", str(path), "--location", "KX-01", "--device", "kx-01-cam-1",
        "--outbox", str(tmp_path / "outbox.sqlite3"),
    ]  # fmt: skip
