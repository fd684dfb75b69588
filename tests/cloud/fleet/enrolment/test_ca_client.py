"""An unavailable CA service is a refusal, and an invalid request is answered with a reason."""

import base64
import contextlib
import socket
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from cloud.fleet.enrolment.ca_client import CaClient, UnreadableRequestError, read_common_name
from wire.fleet.enrolment import CommandRefused, WithdrawCommand

SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cam-1")])
KEY = ec.generate_private_key(ec.SECP256R1())
DER = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(SUBJECT)
    .sign(KEY, hashes.SHA256())
    .public_bytes(Encoding.DER)
)
ERRAND = WithdrawCommand(serial="abc", reason="superseded")


def test_the_name_is_read(new_request):
    assert read_common_name(new_request("cam-1")[1].encode()) == "cam-1"


@pytest.mark.parametrize("pem", [b"", b"rubbish", b"x" * 9_000])
def test_what_is_no_request_is_refused(pem):
    with pytest.raises(UnreadableRequestError):
        read_common_name(pem)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_no_flipped_byte_does_worse_than_a_refusal(place, value):
    der = bytearray(DER)
    der[place % len(der)] = value
    body = base64.encodebytes(bytes(der))
    head, foot = b"-----BEGIN CERTIFICATE REQUEST-----\n", b"-----END CERTIFICATE REQUEST-----\n"
    with contextlib.suppress(UnreadableRequestError):
        assert isinstance(read_common_name(head + body + foot), str)


def test_a_signer_that_is_away_is_a_refusal(tmp_path):
    answer = CaClient(tmp_path / "nowhere")(ERRAND)
    assert isinstance(answer, CommandRefused)
    assert "the CA service does not answer" in answer.reason


@pytest.mark.parametrize("payload", [b"", b"rubbish\n", b'{"type": "signed"}\n'])
def test_a_signer_that_says_nonsense_is_a_refusal(tmp_path, payload):
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1_000)
                connection.sendall(payload)

        thread = threading.Thread(target=answer)
        thread.start()
        assert isinstance(CaClient(path)(ERRAND), CommandRefused)
        thread.join()
