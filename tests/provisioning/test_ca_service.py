"""The CA service signs for devices and revokes; it refuses every other command."""

import contextlib
import socket
import stat
import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from provisioning import ca_service
from provisioning.authority.ca import LIST_FILE, AuthorityError, create_authority
from provisioning.ca_service import CaService
from provisioning.folder_lock import FolderLockedError
from provisioning.key_store import KeyStoreError
from tests.provisioning.certificates import NOW
from tests.signing_request import build_signing_request
from wire.fleet.enrolment import (
    CaReply,
    CommandRefused,
    SignCommand,
    Signed,
    WithdrawCommand,
    Withdrawn,
    encode_line,
)


@pytest.fixture
def service(authority, tmp_path):
    with CaService(authority, tmp_path / "run" / "ca.socket", lambda: NOW) as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        yield service
        service.shutdown()
        thread.join()


def request(name):
    return build_signing_request(name).decode()


def sign_command():
    return encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1")))


def send(service, *lines):
    """Send lines over one connection; the replies."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(service.server_address)
        stream = connection.makefile("rb")
        for line in lines:
            connection.sendall(line)
        replies = [msgspec.json.decode(stream.readline(), type=CaReply) for _ in lines]
        stream.close()
        return replies


def test_a_repeated_request_returns_the_same_certificate(service, authority):
    command = sign_command()
    first, again = send(service, command, command)
    assert first == again
    assert len(authority.register.entries(name="cam-1")) == 1


def test_a_withdrawn_certificate_is_not_returned_again(service, authority):
    command = sign_command()
    [first] = send(service, command)
    send(service, encode_line(WithdrawCommand(serial=first.serial, reason="withdrawn")))
    [again] = send(service, command)
    assert again.serial != first.serial


def test_another_location_gets_another_certificate(service, authority):
    pem = request("cam-1")
    here, there = (
        encode_line(SignCommand(device="cam-1", location=at, request=pem)) for at in ("A", "B")
    )
    first, second = send(service, here, there)
    assert first.serial != second.serial


def test_a_request_is_signed_and_its_certificate_withdrawn(service, authority):
    [signed] = send(
        service,
        encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1"))),
    )
    assert isinstance(signed, Signed)
    assert authority.find_valid("cam-1", at=NOW).serial == signed.serial
    [withdrawn] = send(
        service, encode_line(WithdrawCommand(serial=signed.serial, reason="superseded"))
    )
    assert withdrawn == Withdrawn(serial=signed.serial)
    assert authority.register.entries(name="cam-1")[0].reason == "superseded"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\n", "not a command"),
        (b"{}\n", "not a command"),
        (b'{"type": "sign"}\n', "not a command"),
        (b"\xff\xfe\n", "not a command"),
        (b'{"type": "publish"}\n', "not a command"),
        (b"x" * 70_000 + b"\n", "not a command"),
        (
            encode_line(SignCommand(device="cam-2", location="KX-01", request=request("cam-1"))),
            "is for 'cam-1'",
        ),
        (
            encode_line(SignCommand(device="service:stream", location="KX-01", request="")),
            "not a command",
        ),
        (encode_line(SignCommand(device="../x", location="KX-01", request="")), "not a command"),
        (
            encode_line(SignCommand(device="cam-1", location="KX-01", request="rubbish")),
            "not a PEM",
        ),
        (encode_line(WithdrawCommand(serial="abc", reason="superseded")), "no certificate abc"),
        (encode_line(WithdrawCommand(serial="abc", reason="mood")), "reason 'mood'"),
    ],
)
def test_any_other_line_is_refused_and_signs_nothing(service, authority, line, reason):
    [refused, *_] = send(service, line)
    assert isinstance(refused, CommandRefused)
    assert reason in refused.reason
    assert authority.register.entries() == []


def test_only_the_owner_can_open_the_socket(service):
    path = service.server_address
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_the_revocation_list_is_renewed_after_a_day(service, authority):
    path = authority.folder / LIST_FILE
    first = path.read_bytes()
    service.renew_stale_list()
    assert path.read_bytes() == first
    service.clock = lambda: NOW + timedelta(days=1)
    service.renew_stale_list()
    renewed = x509.load_pem_x509_crl(path.read_bytes())
    assert renewed.next_update_utc > NOW + timedelta(days=30)


def test_a_path_too_long_for_a_socket_is_refused(authority, tmp_path):
    with pytest.raises(AuthorityError, match="the CA service cannot listen at"):
        CaService(authority, tmp_path / ("s" * 120), lambda: NOW)


def test_a_second_service_on_a_folder_or_a_socket_is_refused_and_the_first_continues(
    service, authority, tmp_path
):
    with pytest.raises(FolderLockedError, match=r"another CA service \(process \d+\) uses"):
        CaService(authority, tmp_path / "elsewhere" / "ca.socket", lambda: NOW)
    other = create_authority(tmp_path / "other", name="Other", secret=None, at=NOW)
    with pytest.raises(FolderLockedError, match=r"another ca\.socket"):
        CaService(other, Path(service.server_address), lambda: NOW)
    [signed] = send(
        service,
        encode_line(SignCommand(device="cam-1", location="KX-01", request=request("cam-1"))),
    )
    assert isinstance(signed, Signed)


def test_a_slow_client_delays_no_other_and_is_disconnected(service, monkeypatch):
    monkeypatch.setattr("provisioning.ca_service.REQUEST_TIMEOUT_S", 0.3)
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(service.server_address)
        slow.settimeout(5)
        slow.sendall(b"{")
        assert isinstance(send(service, sign_command())[0], Signed)
        with contextlib.suppress(OSError):
            for _ in range(100):
                slow.sendall(b" ")
                threading.Event().wait(0.05)
            pytest.fail("the slow client was not disconnected")


def test_a_line_that_is_too_long_is_refused(service):
    [answer] = send(service, b"x" * 100_000)
    assert isinstance(answer, CommandRefused)
    assert "too long" in answer.reason


def test_silent_clients_are_bounded_and_disconnected(service, monkeypatch):
    monkeypatch.setattr("provisioning.ca_service.REQUEST_TIMEOUT_S", 0.5)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for one in silent:
        one.connect(service.server_address)
    assert threading.active_count() < 30
    threading.Event().wait(1.0)
    assert isinstance(send(service, sign_command())[0], Signed)
    for one in silent:
        one.close()


def test_a_revocation_list_that_cannot_be_written_is_tried_again(caplog):
    ended, attempts = threading.Event(), []

    def fails():
        attempts.append(1)
        if len(attempts) == 3:
            ended.set()
        raise KeyStoreError("revoked.pem cannot be written: No space left on device")

    thread = ca_service._repeat_every(0.01, ended, fails)
    thread.join(60)  # also logs after the last attempt
    assert not thread.is_alive()
    assert "ca_service.list_not_renewed" in caplog.text
