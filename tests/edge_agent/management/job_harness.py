"""Job processing of a simulated device against the job engine of the cloud."""

from datetime import UTC, datetime

import msgspec
import numpy as np
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.diagnostics import LogTail, build_report
from edge_agent.management.job_processor import JobProcessor
from edge_agent.management.job_runner import JobContext
from edge_agent.management.mqtt_rpc import parse_body
from edge_agent.management.remote_preview import RemotePreview
from edge_agent.perception.face_detector import Face
from edge_agent.perception.model_cards import WEIGHTS
from edge_agent.updates.model_store import ModelStore
from tests.edge_agent.management.shadow_service import DEVICE

CARD = msgspec.json.decode((WEIGHTS / "onlooker-face.json").read_bytes())
WEIGHT = (WEIGHTS / "onlooker-face.onnx").read_bytes()
IMAGE = np.zeros((90, 160, 3), np.uint8)
TRIAL = {"pictures": 3, "faces": 3, "longest_s": 60, "watch_s": 5}
LENIENT = {**TRIAL, "faces": 0, "disagreement_ratio": 1, "slower_ratio": 100}
THREAD_LIMIT_S = 20


class FakeDetector:
    """Returns the given boxes, or raises `fault`."""

    def __init__(self, name, *boxes, fault=None):
        self.name, self.version = name, "1"
        self.boxes = boxes
        self.fault = fault

    def faces(self, image):
        if self.fault:
            raise self.fault
        return [Face(box, 0.9, np.zeros((5, 2), np.float32)) for box in self.boxes]


OLD = FakeDetector("onlooker-face", (0.0, 0.0, 10.0, 10.0), (50.0, 50.0, 70.0, 70.0))


class JobHarness:
    """A job processor, its job service and a device, on a simulated clock."""

    def __init__(self, device, service, own, folder):
        self.device, self.service, self.own, self.folder = device, service, own, folder
        self.now_s = 0.0
        self.boot = "boot-1"
        self.restarts = []
        self.tail = LogTail()
        self.opened = OLD
        self.picture = None
        self.models = ModelStore(folder / "models", lambda settings: (OLD, "pose"))
        self.start()

    def start(self):
        """Start the process, or restart it."""
        context = JobContext(
            device=DEVICE,
            own=self.own,
            camera=self.device.camera,
            shadow=self.device.config_shadow,
            models=self.models,
            identity=IdentityFolder(self.folder),
            line=self.service.link,
            clock=lambda: datetime.now(UTC),
            boot=self.boot,
            restart=lambda slot: self.restarts.append(self.boot),
            report=self._report,
            preview=RemotePreview(lambda: self.picture),
        )
        self.processor = JobProcessor(context, self.service.link, self.folder / "job.json")
        self.service.link.sessions += 1

    def step(self):
        """Advance the clock by a second; the camera analyses a frame with its networks."""
        self.processor.pump(self.now_s)
        while self.service.link.inbox:
            for topic, payload in self.service.link.take_messages():
                self.processor.handle_message(topic, parse_body(payload), self.now_s)
        if self.networks is not None:
            try:
                self.networks[0].faces(IMAGE)
            except RuntimeError:
                self.device.camera.model_faults += 1
        runner = self.processor._runner
        for name in ("_download", "_task", "_upload"):
            if (task := getattr(runner, name, None)) is not None:
                task._thread.join(THREAD_LIMIT_S)
        self.now_s += 1.0

    def run_job(self, job, document, seconds=20):
        self.service.create_job(job, document)
        for _ in range(seconds):
            self.step()
        return self.service.outcome(job)

    @property
    def networks(self):
        applied = reversed(self.device.camera.applied)
        return next((networks for _, networks in applied if networks is not None), None)

    def _report(self):
        return build_report(
            device=DEVICE,
            at=datetime.now(UTC),
            settings=self.own,
            status=self.device.camera.status,
            folder=self.folder,
            tail=self.tail,
        )


def model_document(package=None, version="onlooker-face:99.0", **more):
    """The document of a job that replaces a model."""
    given = {"package": package} if package else {}
    return {"operation": "model", "version": version, "trial": TRIAL, **given, **more}


def pem(key):
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
