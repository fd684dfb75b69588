"""The program as a process: enrolled, configured by its shadow, renewed, restarted and updated."""

import base64
import contextlib
import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cloud.database import reading, writing
from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store, rollout
from cloud.fleet.jobs.execution import RolloutConfig
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.shadows import desired_config
from edge_agent.__main__ import main
from edge_agent.identity.certificates import read_certificate
from edge_agent.identity.folder import IdentityFolder

pytestmark = [pytest.mark.broker, pytest.mark.slow]
DEVICE = "cam-program"
SAME = f'#!/bin/sh\nexec {sys.executable} -m edge_agent "$@"\n'


@pytest.fixture
def identity(works, tmp_path):
    works.allow(DEVICE, again=True)
    arguments = ["enrol", "--cert", works.claim(), "--broker", f"localhost:{works.port}"]
    arguments += [
        "--enrolment",
        f"localhost:{works.enrolment_port}",
        "--identity",
        tmp_path / "identity",
    ]
    arguments += ["--device", DEVICE, "--serial", f"SN-{DEVICE}"]
    assert main([*map(str, arguments)]) == 0
    return tmp_path / "identity"


@pytest.fixture
def release(file_server, signer):
    """Puts a release on the file server; returns the document of its job."""

    def make(version, script):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            member = tarfile.TarInfo("start")
            member.mode, member.size = 0o755, len(script)
            tar.addfile(member, io.BytesIO(script.encode()))
        content = archive.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        text = msgspec.json.encode({"version": version, "sha256": digest, "bytes": len(content)})
        file_server.files[f"/{version}"] = content
        return {
            "operation": "update",
            "release": text.decode(),
            "signature": base64.b64encode(signer.sign(text)).decode(),
            "url": f"{file_server.url}/{version}",
        }

    return make


@pytest.fixture
def slots(tmp_path):
    """The program installed in slots."""
    root = tmp_path / "program"
    home = root / "slots" / "1.0.0"
    home.mkdir(parents=True)
    (home / "start").write_text(SAME)
    (home / "start").chmod(0o755)
    (root / "current").symlink_to(home)
    return root


@pytest.fixture
def program(identity, film, street, slots, signer, tmp_path):
    """The running program, stopped after the test."""
    public = signer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    settings = tmp_path / "camera.toml"
    settings.write_text(
        f'[fleet]\nslots = "{slots}"\nhosts = ["127.0.0.1"]\nsigners = ["""{public.decode()}"""]\n'
    )
    clip = film((street(n / 10, [(60, 60)]) for n in range(40)), name="clip.mp4")
    arguments = ["run", "--identity", identity, "--source", clip, "--loop", "--drain", "0"]
    arguments += ["--outbox", tmp_path / "outbox.sqlite3", "--config", settings]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [slots / "current" / "start", *map(str, arguments)], stdout=log, stderr=log
        )
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0, (tmp_path / "log").read_text()[-3000:]


def author(works):
    return Author("test", works.now())


def create_job(works, document):
    with writing(works.engine) as connection:
        target = DeviceSelector(DEVICE, None, None, {})
        return rollout.create_job(connection, document, target, RolloutConfig(), author(works)).id


def state_of(works, job):
    with reading(works.engine) as connection:
        return job_store.count_by_status(connection, job)


def test_a_camera_is_configured_renewed_and_restarted(works, identity, program):
    desired = {"report_interval_ms": 20_000, "analysed_fps": 4}
    with writing(works.engine) as connection:
        desired_config.set_desired(
            connection, DeviceSelector(DEVICE, None, None, {}), desired, author(works)
        )

    def reported():
        with reading(works.engine) as connection:
            return desired_config.read_config(connection, DEVICE).get("reported", {})

    works.wait_until(lambda: reported().get("config_outcome", {}).get("outcome") == "applied")
    assert (reported()["report_interval_ms"], reported()["analysed_fps"]) == (20_000, 4)
    digest = reported()["digest"]

    before = read_certificate(IdentityFolder(identity).pair).serial_number
    renewal = create_job(works, {"operation": "renew"})
    works.wait_until(lambda: state_of(works, renewal) == {"SUCCEEDED": 1})
    assert read_certificate(IdentityFolder(identity).pair).serial_number != before

    restart = create_job(works, {"operation": "restart"})
    works.wait_until(lambda: state_of(works, restart) == {"SUCCEEDED": 1})
    assert program.poll() is None  # the same process number, a new program in it
    assert reported()["digest"] == digest


def test_a_release_is_installed_only_after_its_self_check(works, program, slots, release):
    good = create_job(works, release("1.1.0", SAME))
    works.wait_until(lambda: state_of(works, good) == {"SUCCEEDED": 1})
    assert (slots / "current").resolve().name == "1.1.0"
    assert (slots / "previous").resolve().name == "1.0.0"

    older = create_job(works, release("1.0.9", SAME))
    works.wait_until(lambda: state_of(works, older) == {"REJECTED": 1})
    altered = create_job(works, release("1.1.0", SAME + "# other content\n"))
    works.wait_until(lambda: state_of(works, altered) == {"REJECTED": 1})
    assert (slots / "current").resolve().name == "1.1.0"

    bad = create_job(works, release("1.2.0", "#!/bin/sh\nexit 3\n"))
    works.wait_until(lambda: state_of(works, bad) == {"FAILED": 1})
    assert (slots / "current").resolve().name == "1.1.0"
    assert program.poll() is None
