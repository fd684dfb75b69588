"""The signer signs for devices, takes back, and can be talked into nothing else."""

import socket
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from provisioning.authority.office import LIST_FILE, OfficeError, open_office
from provisioning.signer import Signer
from wire.enrolment import Outcome, Refused, Sign, Signed, Withdraw, Withdrawn, line

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path):
    return open_office(tmp_path / "ca", name="Test", secret=None, at=NOW)


@pytest.fixture
def signer(office, tmp_path):
    with Signer(office, tmp_path / "run" / "signer.socket", lambda: NOW) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def request(name):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def tell(signer, *lines):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(signer.server_address)
        answers = connection.makefile("rb")
        for said in lines:
            connection.sendall(said)
        got = [msgspec.json.decode(answers.readline(), type=Outcome) for _ in lines]
        answers.close()
        return got


def test_the_same_request_again_is_answered_with_the_same_certificate(signer, office):
    wanted = line(Sign(device="cam-1", location="KX-01", request=request("cam-1")))
    first, again = tell(signer, wanted, wanted)
    assert first == again
    assert len(office.register.entries(name="cam-1")) == 1


def test_a_certificate_taken_back_is_not_given_again(signer, office):
    wanted = line(Sign(device="cam-1", location="KX-01", request=request("cam-1")))
    [first] = tell(signer, wanted)
    tell(signer, line(Withdraw(serial=first.serial, reason="withdrawn")))
    [again] = tell(signer, wanted)
    assert again.serial != first.serial


def test_another_place_needs_another_certificate(signer, office):
    pem = request("cam-1")
    here, there = (line(Sign(device="cam-1", location=at, request=pem)) for at in ("A", "B"))
    first, second = tell(signer, here, there)
    assert first.serial != second.serial


def test_a_request_is_signed_and_taken_back(signer, office):
    [signed] = tell(signer, line(Sign(device="cam-1", location="KX-01", request=request("cam-1"))))
    assert isinstance(signed, Signed)
    assert office.standing("cam-1", at=NOW).serial == signed.serial
    [gone] = tell(signer, line(Withdraw(serial=signed.serial, reason="superseded")))
    assert gone == Withdrawn(serial=signed.serial)
    assert office.register.entries(name="cam-1")[0].reason == "superseded"


@pytest.mark.parametrize(
    ("said", "because"),
    [
        (b"\n", "no errand"),
        (b"{}\n", "no errand"),
        (b'{"type": "sign"}\n', "no errand"),
        (b"\xff\xfe\n", "no errand"),
        (b'{"type": "publish"}\n', "no errand"),
        (b"x" * 70_000 + b"\n", "no errand"),
        (line(Sign(device="cam-2", location="KX-01", request=request("cam-1"))), "is for 'cam-1'"),
        (line(Sign(device="service:stream", location="KX-01", request="")), "no errand"),
        (line(Sign(device="../x", location="KX-01", request="")), "no errand"),
        (line(Sign(device="cam-1", location="KX-01", request="rubbish")), "not a PEM"),
        (line(Withdraw(serial="abc", reason="superseded")), "no certificate abc"),
        (line(Withdraw(serial="abc", reason="mood")), "reason 'mood'"),
    ],
)
def test_anything_else_is_refused_with_a_sentence_and_signs_nothing(signer, office, said, because):
    [refused, *_] = tell(signer, said)
    assert isinstance(refused, Refused)
    assert because in refused.reason
    assert office.register.entries() == []


def test_only_its_owner_can_speak_to_it(signer):
    path = signer.server_address
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_the_revocation_list_is_written_again_after_a_day(signer, office):
    path = office.folder / LIST_FILE
    first = path.read_bytes()
    signer.keep_list_fresh()
    assert path.read_bytes() == first
    signer.clock = lambda: NOW + timedelta(days=1)
    signer.keep_list_fresh()
    renewed = x509.load_pem_x509_crl(path.read_bytes())
    assert renewed.next_update_utc > NOW + timedelta(days=30)


def test_a_place_where_no_socket_can_be_is_refused(office, tmp_path):
    with pytest.raises(OfficeError, match="no signer can listen at"):
        Signer(office, tmp_path / ("s" * 120), lambda: NOW)
