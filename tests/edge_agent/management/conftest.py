"""Fixtures: a simulated device, its services in the cloud, and a file server."""

import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from edge_agent.management import model_job
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.fleet import FleetSettings
from tests.edge_agent.management.job_harness import CARD, WEIGHT, JobHarness, pem
from tests.edge_agent.management.job_service import JobService
from tests.edge_agent.management.simulated_device import SimulatedDevice


@pytest.fixture
def device(tmp_path):
    return SimulatedDevice(tmp_path)


@pytest.fixture
def job_service():
    return JobService()


@pytest.fixture
def harness(device, job_service, signer, tmp_path):
    own = Settings(fleet=FleetSettings(signers=(pem(signer),), hosts=("127.0.0.1",)))
    device.own = own
    device.start()
    return JobHarness(device, job_service, own, tmp_path)


@pytest.fixture
def candidate(monkeypatch):
    """Sets the detector that is opened for the new model."""

    def use(detector):
        monkeypatch.setattr(model_job, "open_detector", lambda card, settings: detector)

    return use


@pytest.fixture
def package(file_server, signer):
    """Puts a signed model on the file server."""

    def make(*, version="99.0", weights=WEIGHT, sign=None, file="onlooker-face.onnx"):
        digest = hashlib.sha256(weights).hexdigest()
        card = {**CARD, "version": version, "sha256": digest, "bytes": len(weights), "file": file}
        text = msgspec.json.encode(card)
        file_server.files["/model.onnx"] = weights
        signature = (sign or signer.sign)(text)
        return {
            "card": text.decode(),
            "signature": base64.b64encode(signature).decode(),
            "url": f"{file_server.url}/model.onnx?X-Amz-Signature=s3cr3t",
        }

    return make


@pytest.fixture
def file_server():
    """A local file server: `files` it serves by path, and what was `put`.

    An unknown file is redirected elsewhere; an upload to an expired URL gets status 403.
    """

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
            self.send_response(403 if "expired" in self.path else 200)
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
