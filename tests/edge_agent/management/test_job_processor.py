"""A camera's jobs, told against the job engine of the service."""

import base64
import gzip
import hashlib
import shutil
from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge_agent.identity.folder import IdentityFolder
from edge_agent.management import model_job, simple_jobs
from edge_agent.management.diagnostics import LogTail, build_report
from edge_agent.management.job_processor import JobProcessor
from edge_agent.management.job_runner import JobContext
from edge_agent.management.mqtt_rpc import parse_body
from edge_agent.management.remote_config import ConfigError, apply_desired_config
from edge_agent.perception.face_detector import Face
from edge_agent.perception.model_cards import WEIGHTS
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.fleet import FleetSettings
from edge_agent.settings.perception import ModelSettings
from edge_agent.settings.services import StatusSettings
from edge_agent.updates.model_store import ModelStore

CARD = msgspec.json.decode((WEIGHTS / "onlooker-face.json").read_bytes())
WEIGHT = (WEIGHTS / "onlooker-face.onnx").read_bytes()
PICTURE = np.zeros((90, 160, 3), np.uint8)
QUICK = {"pictures": 3, "faces": 3, "longest_s": 60, "watch_s": 5}


LENIENT = {**QUICK, "faces": 0, "disagreement_ratio": 1, "slower_ratio": 100}


class Finder:
    """Finds the faces it is told to."""

    def __init__(self, name, *boxes, fault=None):
        self.name, self.version = name, "1"
        self.boxes = boxes
        self.fault = fault

    def faces(self, image):
        if self.fault:
            raise self.fault
        return [Face(box, 0.9, np.zeros((5, 2), np.float32)) for box in self.boxes]


OLD = Finder("onlooker-face", (0.0, 0.0, 10.0, 10.0), (50.0, 50.0, 70.0, 70.0))


def pem(key):
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Bench:
    """A job desk, its shop and a camera, on a clock of its own."""

    def __init__(self, stand, shop, own, folder):
        self.stand, self.shop, self.own, self.folder = stand, shop, own, folder
        self.now_s = 0.0
        self.boot = "boot-1"
        self.restarts = []
        self.tail = LogTail()
        self.opened = OLD
        self.models = ModelStore(folder / "models", lambda settings: (OLD, "pose"))
        self.start()

    def start(self):
        means = JobContext(
            device="kx-01-cam-1",
            own=self.own,
            camera=self.stand.camera,
            shadow=self.stand.keeper,
            models=self.models,
            identity=IdentityFolder(self.folder),
            line=self.shop.line,
            clock=lambda: datetime.now(UTC),
            boot=self.boot,
            restart=lambda slot: self.restarts.append(self.boot),
            report=lambda: build_report(
                device="kx-01-cam-1",
                at=datetime.now(UTC),
                settings=self.own,
                pulse=self.stand.camera.status,
                folder=self.folder,
                tail=self.tail,
            ),
        )
        self.desk = JobProcessor(means, self.shop.line, self.folder / "job.json")
        self.shop.line.sessions += 1

    def step(self):
        """A second passes; the camera sees a picture with whatever networks it has."""
        self.desk.pump(self.now_s)
        while self.shop.line.inbox:
            for topic, payload in self.shop.line.take_messages():
                self.desk.handle_message(topic, parse_body(payload), self.now_s)
        if self.networks is not None:
            try:
                self.networks[0].faces(PICTURE)
            except RuntimeError:
                self.stand.camera.model_faults += 1
        runner = self.desk._runner
        for name in ("_download", "_task", "_upload"):
            if (task := getattr(runner, name, None)) is not None:
                task._thread.join(20)
        self.now_s += 1.0

    def works(self, job, document, seconds=20):
        self.shop.orders(job, document)
        for _ in range(seconds):
            self.step()
        return self.shop.outcome(job)

    @property
    def networks(self):
        return next((n for _, n in reversed(self.stand.camera.applied) if n is not None), None)


@pytest.fixture
def bench(stand, shop, signer, tmp_path):
    own = Settings(fleet=FleetSettings(signers=(pem(signer),), hosts=("127.0.0.1",)))
    stand.own = own
    stand.start()
    return Bench(stand, shop, own, tmp_path)


@pytest.fixture
def candidate(monkeypatch):
    """What opening the new model gives."""

    def be(finder):
        monkeypatch.setattr(model_job, "open_detector", lambda card, settings: finder)

    return be


@pytest.fixture
def package(web, signer):
    """A signed model on the file server."""

    def make(*, version="99.0", weights=WEIGHT, sign=None, file="onlooker-face.onnx"):
        digest = hashlib.sha256(weights).hexdigest()
        card = {**CARD, "version": version, "sha256": digest, "bytes": len(weights), "file": file}
        text = msgspec.json.encode(card)
        web.files["/model.onnx"] = weights
        signature = (sign or signer.sign)(text)
        return {
            "card": text.decode(),
            "signature": base64.b64encode(signature).decode(),
            "url": f"{web.url}/model.onnx?X-Amz-Signature=s3cr3t",
        }

    return make


def model(package=None, version="onlooker-face:99.0", **more):
    given = {"package": package} if package else {}
    return {"operation": "model", "version": version, "trial": QUICK, **given, **more}


def test_a_model_that_agrees_takes_over_and_stays(bench, package, candidate):
    new = Finder("onlooker-face", (0.0, 0.0, 10.0, 10.0), (51.0, 50.0, 71.0, 70.0))
    candidate(new)
    status, details = bench.works("job-1", model(package()))
    assert status == "SUCCEEDED"
    assert (details["pictures"], details["disagreement"]) == ("3", "0.000")
    assert bench.networks == (new, "pose")
    assert bench.models.chosen == "onlooker-face:99.0"
    assert not (bench.folder / "job.json").exists()


def test_a_model_of_another_name_becomes_the_camera_s_own(bench, package, candidate):
    candidate(Finder("better-face", *OLD.boxes))
    assert bench.works("job-1", model(package()))[0] == "SUCCEEDED"
    applied = bench.stand.camera.settings
    assert applied.models.detector == "better-face"


def test_a_model_that_disagrees_is_never_measured_with(bench, package, candidate):
    candidate(Finder("onlooker-face", (100.0, 10.0, 120.0, 30.0)))
    status, details = bench.works("job-1", model(package()))
    assert status == "FAILED"
    assert "disagrees on 100% of" in details["reason"]
    assert bench.networks == (OLD, "pose")
    assert bench.models.chosen is None


def test_a_model_that_fails_beside_the_old_one_costs_no_picture(bench, package, candidate):
    candidate(Finder("onlooker-face", fault=RuntimeError("boom")))
    status, details = bench.works("job-1", model(package()))
    assert (status, details["reason"]) == ("FAILED", "the new detector raises errors on frames")
    assert bench.stand.camera.model_faults == 0


def test_a_model_that_fails_once_it_measures_is_taken_back(bench, package, candidate):
    new = Finder("onlooker-face", *OLD.boxes)
    candidate(new)
    bench.shop.orders("job-1", model(package()))
    while bench.networks != (new, "pose"):
        bench.step()
    new.fault = RuntimeError("boom")
    bench.step()
    bench.step()
    assert bench.shop.outcome("job-1")[0] == "FAILED"
    assert bench.networks == (OLD, "pose")
    assert bench.models.chosen is None


def test_too_few_faces_say_nothing(bench, package, candidate):
    candidate(Finder("onlooker-face"))
    document = model(package())
    document["trial"] = {**QUICK, "faces": 1000, "longest_s": 8}
    status, details = bench.works("job-1", document)
    assert status == "FAILED"
    assert "too few for a decision" in details["reason"]


def test_what_is_here_already_goes_back_without_a_comparison(bench, package, candidate):
    candidate(Finder("onlooker-face", *OLD.boxes))
    assert bench.works("job-1", model(package()))[0] == "SUCCEEDED"
    back = model(version=f"onlooker-face:{CARD['version']}", replaces="onlooker-face:99.0")
    assert bench.works("job-2", back)[0] == "SUCCEEDED"
    assert bench.models.chosen == f"onlooker-face:{CARD['version']}"


def replaced(bench, candidate, package, *versions):
    """Have one version after the other take over."""
    candidate(Finder("onlooker-face", *OLD.boxes))
    for version in versions:
        document = model(package(version=version), version=f"onlooker-face:{version}")
        assert bench.works(f"job-{version}", {**document, "trial": LENIENT})[0] == "SUCCEEDED"


def refused(bench, document):
    status, details = bench.works("job-again", document, seconds=5)
    assert status == "REJECTED", details
    return details["reason"]


def test_a_signed_model_that_is_older_is_refused(bench, package, candidate):
    replaced(bench, candidate, package, "99.0")
    older = model(package(version="98.9.9"), version="onlooker-face:98.9.9")
    assert "98.9.9 is older than 99.0, accepted before" in refused(bench, older)
    assert bench.models.chosen == "onlooker-face:99.0"


def test_a_model_older_than_that_of_the_program_is_refused_on_a_new_camera(bench, package):
    older = model(package(version="0.0.1"), version="onlooker-face:0.0.1")
    assert f"older than {CARD['version']}" in refused(bench, older)


@pytest.mark.parametrize("version", ["99.0", "99.0.0", "99.0+build"])
def test_the_same_version_with_another_content_is_refused(bench, package, candidate, version):
    replaced(bench, candidate, package, "99.0")
    other = package(version=version, weights=WEIGHT + b" ")
    assert "differs from 99.0, accepted before" in refused(
        bench, model(other, version=f"onlooker-face:{version}")
    )


def test_a_wiped_folder_of_models_forgets_no_version(bench, package, candidate):
    replaced(bench, candidate, package, "99.0")
    shutil.rmtree(bench.folder / "models")
    bench.start()
    older = model(package(version="98.0"), version="onlooker-face:98.0")
    assert "is older than 99.0" in refused(bench, older)


def test_a_book_of_versions_that_cannot_be_read_lets_nothing_in(bench, package, candidate):
    (bench.folder / "versions.json").write_text("{")
    assert "downgrades cannot be detected" in refused(bench, model(package()))


def test_only_the_last_model_may_come_back_from_the_camera_itself(bench, package, candidate):
    replaced(bench, candidate, package, "99.0", "100.0")
    ancient = model(version=f"onlooker-face:{CARD['version']}")
    assert "is older than 100.0" in refused(bench, ancient)
    back = model(version="onlooker-face:99.0", replaces="onlooker-face:100.0")
    assert bench.works("job-back", back)[0] == "SUCCEEDED"
    assert bench.models.chosen == "onlooker-face:99.0"


def test_the_camera_s_own_settings_may_allow_an_older_model(bench, package, candidate):
    replaced(bench, candidate, package, "99.0")
    fleet = msgspec.structs.replace(bench.own.fleet, allow_older=True)
    bench.own = msgspec.structs.replace(bench.own, fleet=fleet)
    bench.start()
    document = model(package(version="98.0"), version="onlooker-face:98.0")
    assert bench.works("job-2", {**document, "trial": LENIENT})[0] == "SUCCEEDED"


def test_no_remote_config_allows_an_older_version(bench):
    with pytest.raises(ConfigError, match="unknown field `fleet`"):
        apply_desired_config(bench.own, {"fleet": {"allow_older": True}})


def test_a_version_that_cannot_be_ordered_is_refused(bench, package):
    document = model(package(version="latest"), version="onlooker-face:latest")
    assert "'latest' cannot be ordered: write it as 1.4.0" in refused(bench, document)


def test_a_real_network_comes_whole_and_opens(bench, package, street):
    document = model(package())
    document["trial"] = {**QUICK, "faces": 0, "disagreement_ratio": 1, "slower_ratio": 100}
    bench.shop.orders("job-1", document)
    while bench.networks is None:
        bench.step()
    came = bench.models.find("onlooker-face:99.0")
    network = model_job.open_detector(came, Settings(models=ModelSettings(input_px=128)))
    assert (network.name, network.version) == ("onlooker-face", "99.0")
    assert network.faces(street(0.0)) == []


HOSTILE = {
    "nothing": ({}, "missing required field `operation`"),
    "another operation": ({"operation": "format"}, "Invalid value 'format'"),
    "a field too many": ({"operation": "restart", "command": "rm"}, "unknown field `command`"),
    "a wrong type": ({"operation": "model", "version": 7}, "Expected `str`, got `int`"),
    "no such model": ({"operation": "model", "version": "d-2"}, "no model 'd-2' on this camera"),
    "a file": ({"operation": "diagnose", "url": "file:///etc/passwd"}, "over https only"),
    "a strange host": ({"operation": "diagnose", "url": "https://evil.example/x"}, "is not in"),
    "a host in disguise": (
        {"operation": "diagnose", "url": "https://127.0.0.1@evil.example/x"},
        "the URL contains a user name or password",
    ),
    "another scheme": ({"operation": "diagnose", "url": "ftp://127.0.0.1/x"}, "over https only"),
    "a version without slots": (
        {"operation": "update", "release": "{}", "signature": "", "url": "https://x.example/"},
        "settings fleet.slots is empty",
    ),
    "too much": ({"operation": "restart", "x": "y" * 40_000}, "at most 32768 are read"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_document_changes_nothing_and_is_told_why(bench, case):
    document, reason = HOSTILE[case]
    status, details = bench.works("job-1", document, seconds=5)
    assert status == "REJECTED"
    assert reason in details["reason"]
    assert bench.stand.camera.applied == []
    assert bench.restarts == []


def test_a_model_that_nobody_signed_is_not_even_fetched(bench, package, web):
    stranger = ed25519.Ed25519PrivateKey.generate()
    document = model(package(sign=stranger.sign))
    web.files.clear()
    status, details = bench.works("job-1", document)
    assert status == "REJECTED"
    assert "signed by none of the 1 keys" in details["reason"]


def test_a_version_that_nobody_signed_is_not_even_fetched(bench, web, tmp_path):
    fleet = msgspec.structs.replace(bench.own.fleet, slots=str(tmp_path / "program"))
    bench.own = msgspec.structs.replace(bench.own, fleet=fleet)
    bench.start()
    document = {"operation": "update", "release": "{}", "signature": "AA==", "url": f"{web.url}/x"}
    status, details = bench.works("job-1", document)
    assert (status, "signed by none" in details["reason"]) == ("REJECTED", True)
    assert not (tmp_path / "program").exists()


def test_a_card_that_was_changed_after_it_was_signed(bench, package):
    made = package()
    signed = made["card"]
    made["card"] = signed.replace('"version":"', '"version":"9.')
    assert made["card"] != signed
    assert bench.works("job-1", model(made))[0] == "REJECTED"


def test_a_signature_on_p256_is_one_too(bench, package, candidate):
    key = ec.generate_private_key(ec.SECP256R1())
    bench.own = Settings(fleet=FleetSettings(signers=(pem(key),), hosts=("127.0.0.1",)))
    bench.start()
    candidate(Finder("onlooker-face", *OLD.boxes))
    made = package(sign=lambda text: key.sign(text, ec.ECDSA(hashes.SHA256())))
    assert bench.works("job-1", model(made))[0] == "SUCCEEDED"


def test_other_weights_than_the_card_s(bench, package, web):
    made = package()
    web.files["/model.onnx"] = WEIGHT[:-1] + b"x"
    status, details = bench.works("job-1", model(made))
    assert status == "FAILED"
    assert "is not onlooker-face: its checksum differs" in details["reason"]
    assert bench.stand.camera.applied == []


def test_more_bytes_than_the_card_s(bench, package, web):
    made = package()
    web.files["/model.onnx"] = WEIGHT * 2
    status, details = bench.works("job-1", model(made))
    assert (status, "sends more than" in details["reason"]) == ("FAILED", True)


def test_a_redirection_is_not_followed(bench, package, web):
    made = package()
    web.files.clear()
    status, details = bench.works("job-1", model(made))
    assert (status, "responded with status 302" in details["reason"]) == ("FAILED", True)
    assert "s3cr3t" not in str(details)


def test_a_file_name_cannot_climb(bench, package):
    status, details = bench.works("job-1", model(package(file="../../device.pem")))
    assert status == "FAILED"
    assert "expected a plain file name" in details["reason"]


def test_a_model_that_the_shadow_names_is_the_shadow_s_business(bench, package, candidate):
    candidate(Finder("onlooker-face", *OLD.boxes))
    bench.stand.fleet.desires({"detector": "onlooker-face"})
    bench.stand.passes()
    status, details = bench.works("job-1", model(package()))
    assert (status, "config shadow names" in details["reason"]) == ("REJECTED", True)


def test_a_restart_is_over_when_another_process_says_so(bench):
    assert bench.works("job-1", {"operation": "restart"}, seconds=3)[0] == "IN_PROGRESS"
    assert bench.restarts == ["boot-1"]
    bench.boot = "boot-2"
    bench.start()
    bench.step()
    bench.step()
    assert bench.shop.outcome("job-1") == ("SUCCEEDED", {"boot": "boot-2"})


def test_a_new_process_does_a_broken_off_trial_again(bench, package, candidate):
    candidate(Finder("onlooker-face", *OLD.boxes))
    bench.shop.orders("job-1", model(package()))
    for _ in range(3):
        bench.step()
    bench.start()
    for _ in range(20):
        bench.step()
    assert bench.shop.outcome("job-1")[0] == "SUCCEEDED"


def test_a_model_under_which_the_agent_ends_is_not_tried_for_ever(bench, package, candidate):
    candidate(Finder("onlooker-face", *OLD.boxes))
    bench.shop.orders("job-1", model(package()))
    for _ in range(4):
        bench.step()
        bench.start()
    bench.step()
    assert bench.shop.outcome("job-1")[0] == "FAILED"
    assert "ended 3 times" in bench.shop.outcome("job-1")[1]["reason"]


def test_an_agent_that_ends_during_the_watch_begins_with_the_old_one(bench, package, candidate):
    new = Finder("onlooker-face", *OLD.boxes)
    candidate(new)
    bench.shop.orders("job-1", model(package()))
    while bench.networks != (new, "pose"):
        bench.step()
    bench.step()
    bench.start()
    bench.step()
    assert bench.shop.outcome("job-1")[0] == "FAILED"
    assert bench.models.load(bench.own) == (OLD, "pose")


def test_a_job_that_is_cancelled_leaves_things_as_they_were(bench, package, candidate):
    candidate(Finder("onlooker-face"))
    bench.shop.orders("job-1", model(package()))
    for _ in range(4):
        bench.step()
    bench.shop.cancels("job-1")
    bench.step()
    assert bench.networks == (OLD, "pose")
    assert bench.works("job-2", {"operation": "restart"}, seconds=3)[0] == "IN_PROGRESS"


def test_an_outcome_that_was_not_heard_is_told_again(bench):
    bench.shop.orders("job-1", {"operation": "format"})
    answer = bench.shop.line.answer
    bench.shop.line.answer = lambda topic, body: (
        [] if topic.endswith("/update") else answer(topic, body)
    )
    for _ in range(3):
        bench.step()
    assert bench.shop.outcome("job-1")[0] == "IN_PROGRESS"
    bench.shop.line.answer = answer
    bench.start()
    bench.step()
    bench.step()
    assert bench.shop.outcome("job-1")[0] == "REJECTED"


def test_a_job_that_another_version_began_and_this_one_does_not_know_is_rejected(bench):
    bench.shop.orders("job-1", {"operation": "restart"})
    bench.step()
    written = (bench.folder / "job.json").read_text().replace('"restart"', '"dance"')
    (bench.folder / "job.json").write_text(written)
    bench.start()
    bench.step()
    bench.step()
    status, details = bench.shop.outcome("job-1")
    assert (status, "does not support the job" in details["reason"]) == ("REJECTED", True)


def test_jobs_are_done_one_after_the_other(bench):
    bench.shop.orders("job-1", {"operation": "format"})
    bench.shop.orders("job-2", {"operation": "erase"})
    for _ in range(6):
        bench.step()
    assert [bench.shop.outcome(job)[0] for job in ("job-1", "job-2")] == ["REJECTED"] * 2


def test_a_diagnosis_holds_no_secret_and_no_picture(bench, web):
    bench.own = msgspec.structs.replace(bench.own, status=StatusSettings(token_file="/run/token"))
    bench.start()
    bench.tail.lines.extend(
        [
            '{"event":"capture.failed","source":"rtsp://cam:pa55word@10.0.0.9/live"}',
            '{"event":"odd","payload":"' + "iVBORw0KGgo" + "A" * 40 + '"}',
        ]
    )
    status, details = bench.works(
        "job-1", {"operation": "diagnose", "url": f"{web.url}/bundle?X-Amz-Signature=1"}
    )
    assert status == "SUCCEEDED"
    (content,) = web.put.values()
    assert details == {"bytes": str(len(content))}
    text = gzip.decompress(content).decode()
    bundle = msgspec.json.decode(text)
    assert "pa55word" not in text
    assert "iVBORw0KGgo" not in text
    assert "BEGIN PUBLIC KEY" not in text
    assert bundle["settings"]["interval_s"] == 30
    assert bundle["log"][0]["event"] == "capture.failed"
    assert bundle["pulse"]["capture"] == "streaming"


def test_a_renewal_is_told_when_the_new_pair_is_in_use(bench, monkeypatch):
    serials = ["aa"]
    identity = SimpleNamespace(ends_at=lambda: datetime(2026, 12, 21, tzinfo=UTC))
    monkeypatch.setattr(simple_jobs, "certificate_serial", lambda means: serials[-1])
    monkeypatch.setattr(
        "edge_agent.management.job_processor.certificate_serial", lambda means: serials[-1]
    )
    monkeypatch.setattr(simple_jobs, "renew", lambda folder, clock: serials.append("bb"))
    object.__setattr__(bench.desk._context, "identity", identity)
    status, details = bench.works("job-1", {"operation": "renew"}, seconds=4)
    assert (status, details) == ("SUCCEEDED", {"serial": "bb", "until": "2026-12-21T00:00Z"})
    assert bench.shop.line.renewals == 1


@pytest.mark.parametrize(
    "payload", [b"{", b"[]", b'{"execution": 7}', b'{"execution": {"jobId": "../x"}}']
)
def test_rubbish_on_the_line_begins_nothing(bench, payload):
    bench.step()
    bench.shop.line.inbox.append((f"{bench.shop.root}/notify-next", payload))
    bench.shop.line.inbox.append((f"{bench.shop.root}/start-next/accepted", payload))
    bench.step()
    assert bench.desk._state is None
