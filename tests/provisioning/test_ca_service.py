"""The signer signs for devices, takes back, and can be talked into nothing else."""

import contextlib
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

from provisioning import ca_service as signer_module
from provisioning.authority.ca import LIST_FILE, AuthorityError, create_authority
from provisioning.ca_service import CaService
from provisioning.folder_lock import FolderLockedError
from provisioning.key_store import KeyStoreError
from wire.enrolment import (
    CaReply,
    CommandRefused,
    SignCommand,
    Signed,
    WithdrawCommand,
    Withdrawn,
    encode_line,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path):
    return create_authority(tmp_path / "ca", name="Test", secret=None, at=NOW)


@pytest.fixture
def signer(office, tmp_path):
    with CaService(office, tmp_path / "run" / "ca.socket", lambda: NOW) as made:
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
        got = [msgspec.json.decode(answers.readline(), type=CaReply) for _ in lines]
        answers.close()
        return got


def test_the_same_request_again_is_answered_with_the_same_certificate(signer, office):
    wanted = encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1")))
    first, again = tell(signer, wanted, wanted)
    assert first == again
    assert len(office.register.entries(name="cam-1")) == 1


def test_a_certificate_taken_back_is_not_given_again(signer, office):
    wanted = encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1")))
    [first] = tell(signer, wanted)
    tell(signer, encode_line(WithdrawCommand(serial=first.serial, reason="withdrawn")))
    [again] = tell(signer, wanted)
    assert again.serial != first.serial


def test_another_place_needs_another_certificate(signer, office):
    pem = request("cam-1")
    here, there = (
        encode_line(SignCommand(device="cam-1", location=at, request=pem)) for at in ("A", "B")
    )
    first, second = tell(signer, here, there)
    assert first.serial != second.serial


def test_a_request_is_signed_and_taken_back(signer, office):
    [signed] = tell(
        signer, encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1")))
    )
    assert isinstance(signed, Signed)
    assert office.standing("cam-1", at=NOW).serial == signed.serial
    [gone] = tell(signer, encode_line(WithdrawCommand(serial=signed.serial, reason="superseded")))
    assert gone == Withdrawn(serial=signed.serial)
    assert office.register.entries(name="cam-1")[0].reason == "superseded"


@pytest.mark.parametrize(
    ("said", "because"),
    [
        (b"\n", "no command"),
        (b"{}\n", "no command"),
        (b'{"type": "sign"}\n', "no command"),
        (b"\xff\xfe\n", "no command"),
        (b'{"type": "publish"}\n', "no command"),
        (b"x" * 70_000 + b"\n", "no command"),
        (
            encode_line(SignCommand(device="cam-2", location="KX-01", request=request("cam-1"))),
            "is for 'cam-1'",
        ),
        (
            encode_line(SignCommand(device="service:stream", location="KX-01", request="")),
            "no command",
        ),
        (encode_line(SignCommand(device="../x", location="KX-01", request="")), "no command"),
        (
            encode_line(SignCommand(device="cam-1", location="KX-01", request="rubbish")),
            "not a PEM",
        ),
        (encode_line(WithdrawCommand(serial="abc", reason="superseded")), "no certificate abc"),
        (encode_line(WithdrawCommand(serial="abc", reason="mood")), "reason 'mood'"),
    ],
)
def test_anything_else_is_refused_with_a_sentence_and_signs_nothing(signer, office, said, because):
    [refused, *_] = tell(signer, said)
    assert isinstance(refused, CommandRefused)
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
    with pytest.raises(AuthorityError, match="no signer can listen at"):
        CaService(office, tmp_path / ("s" * 120), lambda: NOW)


def test_a_second_signer_on_a_folder_or_a_socket_is_refused_and_the_first_goes_on(
    signer, office, tmp_path
):
    with pytest.raises(FolderLockedError, match=r"another CA service \(process \d+\) works in"):
        CaService(office, tmp_path / "elsewhere" / "ca.socket", lambda: NOW)
    other = create_authority(tmp_path / "other", name="Other", secret=None, at=NOW)
    with pytest.raises(FolderLockedError, match=r"another ca\.socket"):
        CaService(other, Path(signer.server_address), lambda: NOW)
    [signed] = tell(
        signer, encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1")))
    )
    assert isinstance(signed, Signed)


def test_a_visitor_that_drips_holds_nobody_up_and_is_let_go(signer, monkeypatch):
    monkeypatch.setattr("provisioning.ca_service.REQUEST_TIMEOUT_S", 0.3)
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(signer.server_address)
        slow.settimeout(5)
        slow.sendall(b"{")
        wanted = encode_line(
            SignCommand(device="cam-1", location="KX-01", request=request("cam-1"))
        )
        assert isinstance(tell(signer, wanted)[0], Signed)
        with contextlib.suppress(OSError):
            for _ in range(100):
                slow.sendall(b" ")
                threading.Event().wait(0.05)
            pytest.fail("it was never let go")


def test_a_line_without_an_end_is_refused(signer):
    [answer] = tell(signer, b"x" * 100_000)
    assert isinstance(answer, CommandRefused)
    assert "too long" in answer.reason


def test_silent_visitors_are_bounded_and_let_go(signer, monkeypatch):
    monkeypatch.setattr("provisioning.ca_service.REQUEST_TIMEOUT_S", 0.5)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for one in silent:
        one.connect(signer.server_address)
    assert threading.active_count() < 30
    threading.Event().wait(1.0)
    wanted = encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1")))
    assert isinstance(tell(signer, wanted)[0], Signed)
    for one in silent:
        one.close()


def test_a_list_that_cannot_be_written_is_tried_again(caplog):
    ended, tries = threading.Event(), []

    def fails():
        tries.append(1)
        if len(tries) == 3:
            ended.set()
        raise KeyStoreError("revoked.pem cannot be written: No space left on device")

    signer_module._repeat_every(0.01, ended, fails)
    assert ended.wait(5)
    assert "ca_service.list_not_renewed" in caplog.text
