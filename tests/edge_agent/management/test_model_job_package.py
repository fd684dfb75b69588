"""A job downloads a model only with a valid signature, and checks what it downloads."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from edge_agent.management import model_job
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.fleet import FleetSettings
from edge_agent.settings.perception import ModelSettings
from tests.edge_agent.management.job_harness import (
    OLD,
    TRIAL,
    WEIGHT,
    FakeDetector,
    model_document,
    pem,
)


def test_a_downloaded_network_is_complete_and_can_be_opened(harness, package, street):
    document = model_document(package())
    document["trial"] = {**TRIAL, "faces": 0, "disagreement_ratio": 1, "slower_ratio": 100}
    harness.service.create_job("job-1", document)
    while harness.networks is None:
        harness.step()
    found = harness.models.find("onlooker-face:99.0")
    network = model_job.open_detector(found, Settings(models=ModelSettings(input_px=128)))
    assert (network.name, network.version) == ("onlooker-face", "99.0")
    assert network.faces(street(0.0)) == []


def test_a_model_signed_by_an_unknown_key_is_not_downloaded(harness, package, file_server):
    unknown_key = ed25519.Ed25519PrivateKey.generate()
    document = model_document(package(sign=unknown_key.sign))
    file_server.files.clear()
    status, details = harness.run_job("job-1", document)
    assert status == "REJECTED"
    assert "signed by none of the 1 keys" in details["reason"]


def test_a_card_changed_after_signing_is_rejected(harness, package):
    changed = package()
    card = changed["card"]
    changed["card"] = card.replace('"version":"', '"version":"9.')
    assert changed["card"] != card
    assert harness.run_job("job-1", model_document(changed))[0] == "REJECTED"


def test_a_p256_signature_is_accepted(harness, package, candidate):
    key = ec.generate_private_key(ec.SECP256R1())
    harness.own = Settings(fleet=FleetSettings(signers=(pem(key),), hosts=("127.0.0.1",)))
    harness.start()
    candidate(FakeDetector("onlooker-face", *OLD.boxes))
    signed = package(sign=lambda text: key.sign(text, ec.ECDSA(hashes.SHA256())))
    assert harness.run_job("job-1", model_document(signed))[0] == "SUCCEEDED"


def test_other_weights_than_in_the_card_fail_the_job(harness, package, file_server):
    signed = package()
    file_server.files["/model.onnx"] = WEIGHT[:-1] + b"x"
    status, details = harness.run_job("job-1", model_document(signed))
    assert status == "FAILED"
    assert "is not onlooker-face: its checksum differs" in details["reason"]
    assert harness.device.camera.applied == []


def test_more_bytes_than_in_the_card_fail_the_job(harness, package, file_server):
    signed = package()
    file_server.files["/model.onnx"] = WEIGHT * 2
    status, details = harness.run_job("job-1", model_document(signed))
    assert (status, "sends more than" in details["reason"]) == ("FAILED", True)


def test_a_redirection_is_not_followed(harness, package, file_server):
    signed = package()
    file_server.files.clear()
    status, details = harness.run_job("job-1", model_document(signed))
    assert (status, "responded with status 302" in details["reason"]) == ("FAILED", True)
    assert "s3cr3t" not in str(details)


def test_a_file_name_outside_the_folder_fails_the_job(harness, package):
    status, details = harness.run_job("job-1", model_document(package(file="../../device.pem")))
    assert status == "FAILED"
    assert "expected a plain file name" in details["reason"]
