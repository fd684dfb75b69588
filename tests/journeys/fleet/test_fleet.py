"""A fleet's life on a self-hosted broker: twenty cameras by the device's own code.

authority → signer → broker → fleet service with its desk → cameras enrol by one shared claim →
a wish to a group, applied and reported → a signed model that fails on a canary, and goes back →
renewal → revocation of one. Measuring is on drawn pictures with a drawn detector; enrolment, link,
shadow, jobs and the agent's loop are those of `python -m edge_agent`.
"""

import base64
import csv
import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import msgspec
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge_agent.agent import Agent
from edge_agent.capture.camera import Counters
from edge_agent.capture.frame import Frame
from edge_agent.enrolment.claim import load_claim
from edge_agent.enrolment.procedure import EnrolmentRequest, enrol, load_broker
from edge_agent.identity.certificates import read_certificate
from edge_agent.identity.folder import IdentityFolder
from edge_agent.management import model_job
from edge_agent.management.device_management import DeviceManagement
from edge_agent.management.diagnostics import LogTail
from edge_agent.outbox import Outbox
from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import HeadPose
from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import MotionSettings
from edge_agent.settings.fleet import FleetSettings
from edge_agent.transport.paho import PahoLink
from wire.health import CaptureState
from wire.process.type_info import build_type_info
from wire.topics import DeviceAddress

pytestmark = [pytest.mark.broker, pytest.mark.slow]
PATIENCE_S = 40.0
CAMERAS = tuple(f"cam-{number:02}" for number in range(20))
CANARIES = CAMERAS[:3]
SICK = "cam-01"  # on its pictures the new model fails, after a while
STEP_S = 0.8
OWN_CARD = read_card(WEIGHTS / "onlooker-face.json")
TRIAL = {"pictures": 4, "faces": 4, "watch_s": 6}


class Drawn:
    """A street with one face in it, five pictures in four seconds; the corner says whose it is."""

    def __init__(self, device):
        self.name = device
        self.state = CaptureState.STREAMING
        self.counters = Counters()
        self._closed = threading.Event()
        self._begun_s = time.monotonic()
        tiles = np.random.default_rng(7).integers(60, 180, (36, 64, 1), np.uint8)
        self._street = np.repeat(tiles, 3, axis=2)
        self._street[10:20, 20:30] = 255
        self._street[0, 0] = 7 if device == SICK else 0

    def close(self):
        self._closed.set()

    def __iter__(self):
        while not self._closed.wait(STEP_S):
            self.counters.captured += 1
            count = self.counters.captured
            picture = self._street.copy()
            picture[-1, count % 60] = count % 200  # a sensor's noise
            elapsed_s = time.monotonic() - self._begun_s
            yield Frame(picture, datetime.now(UTC), elapsed_s, count)


class Squares:
    """Finds the white square; with `tires_after` it fails on the sick camera's pictures then."""

    name = OWN_CARD.name

    def __init__(self, version, tires_after=None):
        self.version = version
        self._left = tires_after

    def faces(self, image):
        if self._left is not None and image[0, 0, 0] == 7:
            self._left -= 1
            if self._left < 0:
                raise RuntimeError("this network cannot")
        rows, columns = np.nonzero(image[:, :, 0] == 255)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return [Face(tuple(map(float, box)), 0.9, np.zeros((5, 2), np.float32))]


class Straight:
    name, version = "straight-heads", "1"

    def poses(self, _image, faces):
        return [HeadPose(0.0, 0.0, 0.0, 6.0) for _ in faces]


PROVIDED = Squares(OWN_CARD.version), Straight()


class Camera:
    """A box that becomes a camera: its folder, and its agent once it runs."""

    def __init__(self, folder, device, settings):
        self.device = device
        self.identity = IdentityFolder(folder / device)
        self._settings = settings
        self._stop = threading.Event()

    def enrol(self, machine):
        claim = load_claim(machine.own / "batch-7.crt")
        who = EnrolmentRequest(
            device=self.device,
            serial=f"SN-{self.device}",
            broker=f"mqtts://localhost:{machine.port}",
            enrolment_server=f"localhost:{machine.enrolment_port}",
        )
        enrol(self.identity, claim, who, lambda: datetime.now(UTC))

    def go_online(self):
        build_type_info()  # as the supervisor of the agent does
        self._thread = threading.Thread(target=self._run, name=self.device)
        self._thread.start()

    def _run(self):
        care = DeviceManagement(
            self.identity,
            self._settings,
            lambda settings: PROVIDED,
            restart=self._stop.set,
            tail=LogTail(),
        )
        mine = self.identity.read_identity()
        address = DeviceAddress(mine.location, mine.device)
        self.link = PahoLink(load_broker(self.identity), address, subscriptions=care.subscriptions)
        detector, pose = care.networks
        outbox = Outbox(self.identity.path / "outbox.sqlite3")
        self.agent = Agent(
            care.settings,
            address=address,
            camera=Drawn(self.device),
            detector=detector,
            pose=pose,
            outbox=outbox,
            link=self.link,
        )
        with care.attend(self.agent, self.link):
            self.agent.run(self._stop, drain_s=0)
        outbox.close()

    def stop(self):
        self._stop.set()

    def wait_until_stopped(self):
        self._thread.join()

    @property
    def detector(self):
        """What it measures with."""
        networks = self.agent._networks[0]
        return f"{networks.name}:{networks.version}"


def until(holds, what):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:.0f} s for {what}"
        time.sleep(0.5)


@pytest.fixture(autouse=True)
def one_thread_per_camera():
    """As the program itself has it: no pool of OpenCV's under twenty threads."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.fixture
def signer():
    return ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
def package(signer, tmp_path):
    """The file for `roll-out --package`: a signed card, and where the weights can be fetched."""
    weights = (WEIGHTS / OWN_CARD.file).read_bytes()

    class Store(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(weights)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    card = msgspec.to_builtins(OWN_CARD) | {
        "version": "99.0",
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    text = msgspec.json.encode(card)
    brought = {
        "card": text.decode(),
        "signature": base64.b64encode(signer.sign(text)).decode(),
        "url": f"http://127.0.0.1:{server.server_address[1]}/model.onnx",
    }
    path = tmp_path / "package.json"
    path.write_bytes(msgspec.json.encode({"package": brought, "trial": TRIAL}))
    yield path
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(signer):
    public = signer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Settings(
        motion=MotionSettings(always=True),
        fleet=FleetSettings(signers=(public.decode(),), hosts=("127.0.0.1",)),
    )


@pytest.mark.timeout(400)  # half a minute, and several where other tests share the cores
def test_a_fleet_is_enrolled_configured_renewed_and_one_device_revoked(
    machine, package, settings, tmp_path, monkeypatch
):
    def opened(card, _settings):
        version = read_card(card).version
        return PROVIDED[0] if version == OWN_CARD.version else Squares(version, tires_after=6)

    monkeypatch.setattr(model_job, "open_detector", opened)
    roster = tmp_path / "roster.csv"
    with roster.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["serial", "claim", "device", "location", "groups"])
        for name in CAMERAS:
            groups = "london canary" if name in CANARIES else "london"
            rows.writerow([f"SN-{name}", "batch-7", name, "KX-01", groups])
    assert machine.fleet("allow", roster).startswith("20 of 20 cameras written to the allow-list\n")

    # All at once, with one factory claim, and each comes back with its own certificate.
    cameras = [Camera(tmp_path, name, settings) for name in CAMERAS]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda camera: camera.enrol(machine), cameras))
    assert len({camera.identity.pair.read_bytes() for camera in cameras}) == 20
    with online(cameras):
        live(machine, cameras, package)
    assert sum(camera.agent.totals.model_faults for camera in cameras) >= 1  # SICK's, on the new


@contextmanager
def online(cameras):
    """All are stopped before the first is waited for: each ends within a step."""
    with ExitStack() as started:
        for camera in cameras:
            camera.go_online()
            started.callback(camera.wait_until_stopped)
        try:
            yield
        finally:
            for camera in cameras:
                camera.stop()


def live(machine, cameras, package):
    until(lambda: "20 devices" in machine.fleet("list", "--group", "london"), "the registry")

    # A wish reaches the group; the cameras try it, keep it and say so.
    machine.fleet("set", "report_interval_ms=20000", "--group", "london", "--apply")
    until(lambda: machine.fleet("drift") == "0 devices drift\n", "the desired config to be applied")
    shown = msgspec.json.decode(machine.fleet("show", "cam-15"))["config"]["reported"]
    assert shown["report_interval_ms"] == 20_000
    assert shown["config_outcome"]["outcome"] == "applied"
    assert all(camera.agent.status.digest == shown["digest"] for camera in cameras)

    # A signed model is tried on three; it fails on one, so it reaches no other, and goes back.
    words = ["99.0", "--group", "canary", "--abort-after", "3", "--package", package]
    new, old = f"{OWN_CARD.name}:99.0", f"{OWN_CARD.name}:{OWN_CARD.version}"
    machine.fleet("roll-out", new, *words[1:], "--apply")
    until(
        lambda: "CANCELED (too many devices went wrong)" in machine.fleet("job", "list"),
        "the abort",
    )
    assert [camera.detector for camera in cameras[:4]] == [new, old, new, old]
    job = machine.fleet("job", "list").split()[0]
    assert f"{old} for 2 devices" in machine.fleet("roll-back", job, "--to", old)
    until(lambda: all(camera.detector == old for camera in cameras), "the old model")
    until(
        lambda: "2 SUCCEEDED, 0 waiting" in machine.fleet("job", "list"), "both devices to succeed"
    )

    # One renews its certificate while it runs: new key, same camera.
    before = read_certificate(cameras[4].identity.pair)
    machine.fleet("job", "create", "renew", "--device", cameras[4].device, "--apply")
    until(lambda: machine.fleet("job", "list").startswith("renew-1  COMPLETED"), "the renewal")
    after = read_certificate(cameras[4].identity.pair)
    assert after.public_key() != before.public_key()
    until(lambda: cameras[4].link.connected, "its return")

    # One is revoked: its session ends and it cannot return. Nobody else notices.
    revoked, others = cameras[5], [*cameras[:4], *cameras[6:]]
    sessions = {camera.device: camera.link.sessions for camera in others}
    machine.provisioning("ca", "revoke", "--dir", machine.ca, "--name", revoked.device)
    until(lambda: not revoked.link.connected, "the end of its session")
    ended = revoked.link.sessions
    machine.fleet("set", "heartbeat_interval_ms=60000", "--group", "london", "--apply")
    only = f'{revoked.device} at KX-01  {{"heartbeat_interval_ms":60000}}'
    until(lambda: _drift(machine) == [only], "all but one to follow")
    assert {camera.device: camera.link.sessions for camera in others} == sessions
    assert (revoked.link.sessions, revoked.link.connected) == (ended, False)
    assert '"session.ended"' in (machine.folder / "broker" / "audit.jsonl").read_text()


def _drift(machine):
    return [line.partition("  since")[0] for line in machine.fleet("drift").splitlines()[:-1]]
