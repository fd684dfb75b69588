"""A fleet at the end of a line, and a camera at work, both made of values."""

import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from cloud.fleet.jobs import execution
from cloud.fleet.shadows import shadow as engine
from edge_agent.agent import AgentStatus
from edge_agent.management.config_shadow import ConfigShadow
from edge_agent.management.mqtt_rpc import parse_body
from edge_agent.settings.camera_settings import Settings
from wire.health import CaptureState

DEVICE = "kx-01-cam-1"
SHADOW = f"$aws/things/{DEVICE}/shadow/name/config"


@dataclass
class Line:
    """Carries what is said to a function of topic and body that says what is heard."""

    answer: object = None
    connected: bool = True
    sessions: int = 1
    said: list = field(default_factory=list)
    inbox: deque = field(default_factory=deque)
    renewals: int = 0

    def publish(self, topic, payload):
        if not self.connected:
            return False
        body = msgspec.json.decode(payload)
        self.said.append((topic, body))
        self.inbox.extend(self.answer(topic, body))
        return True

    def take_messages(self):
        return [self.inbox.popleft() for _ in range(len(self.inbox))]

    def reload_certificate(self):
        self.renewals += 1


class Fleet:
    """The shadow of one thing as the service keeps it."""

    def __init__(self):
        self.shadow = engine.Shadow()
        self.line = Line(self._answer)

    @property
    def reported(self):
        return self.shadow.state.get("reported", {})

    def desires(self, wish):
        """An operator writes a wish; whoever listens is told."""
        update = engine.ShadowUpdate({"desired": wish})
        self._change(update)

    def _answer(self, topic, body):
        token = body["clientToken"]
        if topic == f"{SHADOW}/get":
            if not self.shadow.version:
                return [self._said("get/rejected", {"code": 404, "clientToken": token})]
            return [
                self._said("get/accepted", engine.build_response(self.shadow, at=0, token=token))
            ]
        assert topic == f"{SHADOW}/update"
        try:
            return self._change(engine.parse_update(msgspec.json.encode(body)))
        except engine.ShadowError as error:
            no = {"code": error.code, "message": error.message, "clientToken": token}
            return [self._said("update/rejected", no)]

    def _change(self, update):
        changed = engine.apply_update(self.shadow, update, at=0)
        self.shadow = changed.shadow
        said = [self._said("update/accepted", changed.accepted)]
        if changed.delta:
            said.append(self._said("update/delta", changed.delta))
        if "desired" in update.state:
            self.line.inbox.extend(said)
            return []
        return said

    def _said(self, end, body):
        return f"{SHADOW}/{end}", msgspec.json.encode(body)


class Camera:
    """Applies at once, or as a test would have it."""

    def __init__(self, settings):
        self.applied = []
        self.settings = settings
        self.captured = 0
        self.model_faults = 0
        self.capture = CaptureState.STREAMING
        self.suffers = lambda settings: False  # whether it stops delivering under these
        self.heeds = True

    @property
    def status(self):
        if not self.suffers(self.settings):
            self.captured += 5
        return AgentStatus(self.settings.digest, self.captured, self.model_faults, self.capture)

    def apply(self, settings, networks=None):
        self.applied.append((settings, networks))
        if self.heeds:
            self.settings = settings


class Stand:
    """A keeper between a fleet and a camera, on a clock of its own."""

    def __init__(self, folder, own=None):
        self.own = own or Settings()
        self.path = folder / "config.json"
        self.fleet = Fleet()
        self.camera = Camera(self.own)
        self.now_s = 0.0
        self.loaded = []
        self.cannot_load = None
        self.start()

    def start(self):
        """Begin, or begin again after the end of the process."""
        self.keeper = ConfigShadow(
            DEVICE, self.fleet.line, self.camera, self.own, self.path, load=self._load
        )
        self.camera.settings = self.keeper.settings
        self.fleet.line.sessions += 1

    def passes(self, seconds=10.0):
        """Let time pass in steps of a second."""
        for _ in range(round(seconds)):
            self.keeper.pump(self.now_s)
            while self.fleet.line.inbox:
                for topic, payload in self.fleet.line.take_messages():
                    self.keeper.handle_message(topic, parse_body(payload), self.now_s)
            self.now_s += 1.0

    def _load(self, settings):
        if self.cannot_load:
            raise self.cannot_load
        self.loaded.append(settings.models.detector)
        return ("detector", "pose")


@pytest.fixture
def stand(tmp_path):
    return Stand(tmp_path)


class Shop:
    """The jobs of one thing as the service keeps them."""

    root = f"$aws/things/{DEVICE}/jobs"

    def __init__(self):
        self.line = Line(self._answer)
        self.documents = {}
        self.executions = {}

    def orders(self, job, document):
        """A new job; the camera is told when it is the first."""
        first = not execution.sort_pending(self.executions.values())
        self.documents[job] = document
        self.executions[job] = execution.Execution(job, DEVICE, queued_at=len(self.documents))
        if first:
            self._notify()

    def cancels(self, job):
        self.executions[job] = execution.end_execution(
            self.executions[job], execution.ExecutionStatus.CANCELED, at=0
        )
        self._notify()

    def outcome(self, job):
        one = self.executions[job]
        return str(one.status), dict(one.details)

    def _notify(self):
        self.line.inbox.append(self._said("notify-next", {"execution": self._next() or {}}))

    def _next(self):
        todo = execution.sort_pending(self.executions.values())
        return todo and execution.describe(todo[0], self.documents[todo[0].job], at=0)

    def _answer(self, topic, body):
        request, token = topic.removeprefix(f"{self.root}/"), {"clientToken": body["clientToken"]}
        if request == "start-next":
            todo = execution.sort_pending(self.executions.values())
            if not todo:
                return [self._said("start-next/accepted", token)]
            self._apply(todo[0].job, execution.StatusUpdate(execution.ExecutionStatus.IN_PROGRESS))
            return [self._said("start-next/accepted", {"execution": self._next(), **token})]
        job = request.removesuffix("/update")
        try:
            self._apply(job, execution.parse_update(body))
        except execution.JobError as error:
            state = (
                {"executionState": execution.execution_state(error.execution)}
                if error.execution
                else {}
            )
            no = {"code": error.code, "message": error.message, **state, **token}
            return [self._said(f"{job}/update/rejected", no)]
        return [self._said(f"{job}/update/accepted", token)]

    def _apply(self, job, word):
        self.executions[job] = execution.apply_update(
            self.executions[job], word, execution.RolloutConfig(), at=0
        )

    def _said(self, end, body):
        return f"{self.root}/{end}", msgspec.json.encode(body)


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def web():
    """A file server on this machine: what it gives, and what was put there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if urlsplit(self.path).path not in served.files:
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(served.files[urlsplit(self.path).path])

        def do_PUT(self):
            served.put[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = SimpleNamespace(files={}, put={}, url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def signer():
    return ed25519.Ed25519PrivateKey.generate()
