"""A fleet's life on a self-hosted broker, with the programs as an operator starts them.

authority → signer → broker → fleet service with its desk → cameras enrol by one shared claim →
configuration → a model that fails on the canaries → rotation → revocation of one.
"""

import contextlib
import csv
import io
import json
import os
import pwd
import queue
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from awscrt import mqtt_request_response
from awsiot import iotidentity, mqtt5_client_builder
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cloud.fleet.__main__ import main as fleet_main
from provisioning.__main__ import main as provisioning_main
from simulators.mosquitto import free_port

pytestmark = [pytest.mark.broker, pytest.mark.slow]
PATIENCE_S = 20.0
CAMERAS = tuple(f"cam-{number:02}" for number in range(24))
CANARIES = CAMERAS[:3]
OPTIONS = mqtt_request_response.ClientOptions(
    max_request_response_subscriptions=4, max_streaming_subscriptions=1
)


class Company:
    """The operator's machine: a folder, the programs, their logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca, self.own = folder / "ca", folder / "own"
        self.port, self.desk_port = free_port(), free_port()
        self.database = f"sqlite:///{folder}/cloud.db"
        self._programs = contextlib.ExitStack()

    def open(self):
        self.provisioning("ca", "init", "--dir", self.ca)
        for kind, name in (
            ("--service", "fleet"),
            ("--claim", "batch-7"),
            ("--server", "localhost"),
        ):
            self.provisioning("ca", "issue", "--dir", self.ca, kind, name, "--out", self.own)
        for ending in ("crt", "key"):
            (self.own / f"localhost.{ending}").rename(self.own / f"server.{ending}")
        self.start("provisioning", "signer", "--dir", self.ca, ready="signing for")
        account = pwd.getpwuid(os.geteuid()).pw_name
        broker = ["--dir", self.folder / "broker", "--authority", self.ca, "--host", "localhost"]
        broker += ["--bind", "127.0.0.1", "--port", self.port, "--user", account]
        self.start("provisioning", "broker", *broker, ready="mqtts://")
        fleet = ["--broker", f"mqtts://localhost:{self.port}", "--identity", self.own]
        fleet += ["--authority", self.ca, "--desk-identity", self.own, "--desk-bind", "127.0.0.1"]
        fleet += ["--desk-port", self.desk_port, "--database", self.database]
        self.start("cloud.fleet", "serve", *fleet, ready="fleet.connected")

    def close(self):
        self._programs.close()

    def start(self, *words, ready):
        """Start a program and wait for a line of its output that holds `ready`."""
        process = subprocess.Popen(
            [sys.executable, "-m", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        seen = threading.Event()
        lines = []

        def read():
            for line in process.stdout:
                lines.append(line)
                if ready in line:
                    seen.set()

        reader = threading.Thread(target=read)
        reader.start()

        def end():
            process.terminate()
            process.wait(PATIENCE_S)
            reader.join()
            process.stdout.close()
            assert process.returncode == 0, "".join(lines[-20:])

        self._programs.callback(end)
        assert seen.wait(PATIENCE_S), "".join(lines)

    def provisioning(self, *words):
        return self._said(provisioning_main, *words)

    def fleet(self, *words):
        return self._said(fleet_main, *words, "--database", self.database)

    def _said(self, main, *words):
        """What a command says; its own entrance, in this process, since starting Python is slow."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = main([*map(str, words)])
        assert status == 0, said.getvalue()
        return said.getvalue()


class Camera:
    """A camera's agent reduced to what this story is about: it obeys its shadow and its jobs."""

    def __init__(self, company, name, *, healthy=True):
        self.company, self.name, self.healthy = company, name, healthy
        self.config = {}
        self.lost = queue.Queue()
        self.changed = threading.Condition()
        self.models = []
        self._client = None

    def enrol(self, identity):
        """Make a key and come back certified; what is on disk is enough to go on with."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        with self._at_desk(identity) as client:
            wanted = iotidentity.CreateCertificateFromCsrRequest(certificate_signing_request=pem)
            made = client.create_certificate_from_csr(wanted).result(PATIENCE_S)
            answer = client.register_thing(
                iotidentity.RegisterThingRequest(
                    template_name="onlooker",
                    certificate_ownership_token=made.certificate_ownership_token,
                    parameters={"SerialNumber": f"SN-{self.name}"},
                )
            ).result(PATIENCE_S)
        assert answer.thing_name == self.name
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.company.folder / f"{self.name}.key").write_bytes(plain)
        (self.company.folder / f"{self.name}.crt").write_text(made.certificate_pem)

    @contextlib.contextmanager
    def _at_desk(self, identity):
        certificate, key = identity
        connected, stopped = threading.Event(), threading.Event()
        client = mqtt5_client_builder.mtls_from_path(
            endpoint="localhost",
            port=self.company.desk_port,
            cert_filepath=str(certificate),
            pri_key_filepath=str(key),
            ca_filepath=str(self.company.own / "trust.pem"),
            client_id=self.name,
            on_lifecycle_connection_success=lambda _data: connected.set(),
            on_lifecycle_stopped=lambda _data: stopped.set(),
        )
        client.start()
        assert connected.wait(PATIENCE_S)
        yield iotidentity.IotIdentityClientV2(client, OPTIONS)
        client.stop()
        assert stopped.wait(PATIENCE_S)

    @property
    def identity(self):
        return tuple(self.company.folder / f"{self.name}.{ending}" for ending in ("crt", "key"))

    def go_online(self):
        self._client = client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=self.name, reconnect_on_failure=False
        )
        certificate, key = map(str, self.identity)
        client.tls_set(str(self.company.own / "trust.pem"), certificate, key)
        client.on_connect = self._begin
        client.on_message = self._obey
        client.on_disconnect = lambda _c, _u, _f, reason, _p: self.lost.put(str(reason))
        client.connect("localhost", self.company.port)
        client.loop_start()

    def go_offline(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _begin(self, client, *_):
        mine = f"$aws/things/{self.name}"
        for topic in (
            "shadow/name/config/update/delta",
            "shadow/name/config/get/accepted",
            "jobs/notify-next",
            "jobs/start-next/accepted",
        ):
            client.subscribe(f"{mine}/{topic}", 1)
        client.publish(f"{mine}/shadow/name/config/get", b"", 1)
        client.publish(f"{mine}/jobs/start-next", b"{}", 1)

    def _obey(self, client, _data, message):
        body = json.loads(message.payload)
        mine = f"$aws/things/{self.name}"
        match message.topic.removeprefix(f"{mine}/"):
            case "shadow/name/config/update/delta":
                self._apply(client, body["state"])
            case "shadow/name/config/get/accepted":
                self._apply(client, body["state"].get("delta", {}))
            case "jobs/notify-next" if body.get("execution", {}).get("status") == "QUEUED":
                client.publish(f"{mine}/jobs/start-next", b"{}", 1)
            case "jobs/start-next/accepted" if "execution" in body:
                self._work(client, body["execution"])

    def _apply(self, client, delta):
        if not delta:
            return
        with self.changed:
            self.config |= delta
            self.changed.notify_all()
        report = json.dumps({"state": {"reported": delta}}).encode()
        client.publish(f"$aws/things/{self.name}/shadow/name/config/update", report, 1)

    def _work(self, client, execution):
        model = execution["jobDocument"]["version"]
        with self.changed:
            self.models.append(model)
            self.changed.notify_all()
        bad = model == "d-2" and not self.healthy
        report = json.dumps({"status": "FAILED" if bad else "SUCCEEDED"}).encode()
        job = execution["jobId"]
        client.publish(f"$aws/things/{self.name}/jobs/{job}/update", report, 1)

    def wait_for(self, holds):
        with self.changed:
            assert self.changed.wait_for(lambda: holds(self), PATIENCE_S), self.name


def until(holds):
    pause = threading.Event()
    for _ in range(100):
        if holds():
            return
        pause.wait(0.2)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def company(tmp_path):
    made = Company(tmp_path)
    made.open()
    yield made
    made.close()


def test_a_fleet_is_born_led_renewed_and_loses_one(company, tmp_path):
    roster = tmp_path / "roster.csv"
    with roster.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["serial", "claim", "device", "location", "groups"])
        for name in CAMERAS:
            groups = "london canary" if name in CANARIES else "london"
            rows.writerow([f"SN-{name}", "batch-7", name, "KX-01", groups])
    assert company.fleet("expect", roster) == "24 of 24 roster lines written\n"

    # All at once, with one factory claim, and each comes back with its own certificate.
    cameras = [Camera(company, name, healthy=name != "cam-01") for name in CAMERAS]
    claim = (company.own / "batch-7.crt", company.own / "batch-7.key")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda camera: camera.enrol(claim), cameras))
    for camera in cameras:
        shown = x509.load_pem_x509_certificate(camera.identity[0].read_bytes())
        [name] = shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert name.value == camera.name
    for camera in cameras:
        camera.go_online()

    # A wish reaches the group; the cameras apply it and say so.
    company.fleet("set", "report_interval_ms=20000", "--group", "london", "--apply")
    for camera in cameras:
        camera.wait_for(lambda one: one.config == {"report_interval_ms": 20_000})
    until(lambda: company.fleet("drift") == "0 things drift\n")

    # A model fails on one of three canaries: the job stops and the others get the old one back.
    company.fleet("roll-out", "d-2", "--group", "canary", "--abort-after", "3", "--apply")
    until(lambda: "d-2-1  CANCELED (too many things went wrong)" in company.fleet("jobs"))
    assert "d-1 for 2 things" in company.fleet("roll-back", "d-2-1", "--to", "d-1")
    cameras[0].wait_for(lambda one: one.models == ["d-2", "d-1"])
    assert cameras[1].models == ["d-2"]
    assert all(camera.models == [] for camera in cameras[3:])

    # One renews with its own certificate and goes on.
    renewed, revoked, others = cameras[4], cameras[5], cameras[6:]
    renewed.go_offline()
    assert renewed.lost.get(timeout=PATIENCE_S)
    renewed.enrol(renewed.identity)
    renewed.go_online()
    company.fleet("set", "paused=true", "--device", renewed.name, "--apply")
    renewed.wait_for(lambda one: one.config.get("paused") is True)

    # One is revoked: its session ends and it cannot return. Nobody else notices.
    company.provisioning("ca", "revoke", "--dir", company.ca, "--name", revoked.name)
    assert revoked.lost.get(timeout=PATIENCE_S)
    with contextlib.suppress(OSError):
        revoked.go_online()
        assert revoked.lost.get(timeout=PATIENCE_S)
    company.fleet("set", "heartbeat_interval_ms=30000", "--group", "london", "--apply")
    for camera in others:
        camera.wait_for(lambda one: one.config.get("heartbeat_interval_ms") == 30_000)
        assert camera.lost.empty()
    assert "heartbeat_interval_ms" not in revoked.config
    assert f'{revoked.name} at KX-01  {{"heartbeat_interval_ms":30000}}' in company.fleet("drift")
    audit = (company.folder / "broker" / "audit.jsonl").read_text()
    assert '"session.ended"' in audit
    for camera in cameras:
        camera.go_offline()
