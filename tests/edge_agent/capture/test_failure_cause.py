"""Each capture failure is reported by cause, without any part of the camera URL."""

import errno
import ipaddress
import re
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import certifi
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.capture.camera import failure_of
from edge_agent.capture.factory import open_camera
from edge_agent.capture.failure import failure_from_exception
from edge_agent.capture.failure_cause import CAUSE_SENTENCES, FailureCause
from edge_agent.check.camera import check_first_frame
from edge_agent.privacy.encoded_data import find_encoded_data
from edge_agent.reporting.alarms import REMEDIES, Alarms
from edge_agent.settings.capture import CaptureSettings

QUICK = CaptureSettings(
    open_timeout_s=0.5, read_timeout_s=0.5, backoff_s=0.1, longest_backoff_s=0.2, isolated=False
)
SOON_S = 20.0


@contextmanager
def server(answer, tls=None):
    """Answers the first request of every connection with bytes, or not at all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        over = threading.Event()

        def serve():
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    connection.settimeout(1)
                    connection = (
                        tls.wrap_socket(connection, server_side=True) if tls else connection
                    )
                    with connection:
                        request = connection.recv(4096)
                        response = answer(request)
                        over.wait(2) if response is None else connection.sendall(response)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
        thread.join()


def http_status(code):
    return lambda request: b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % code


def rtsp_status(code, header=b""):
    def answer(request):
        number = re.search(rb"CSeq: (\d+)", request)
        counted = number[1] if number else b"1"
        return b"RTSP/1.0 %d X\r\nCSeq: %s\r\n%s\r\n" % (code, counted, header)

    return answer


def first_failure(uri, settings=QUICK):
    """The first failure that a camera at this address reports."""
    camera = open_camera(uri, settings)
    deadline = time.monotonic() + SOON_S
    for _ in camera:
        failure = failure_of(camera)
        if failure is not None or time.monotonic() > deadline:
            camera.close()
    assert failure is not None
    return failure


@pytest.mark.parametrize(
    ("scheme", "answer", "cause"),
    [
        ("http", http_status(401), FailureCause.PASSWORD_REFUSED),
        ("http", http_status(403), FailureCause.ACCESS_FORBIDDEN),
        ("http", http_status(404), FailureCause.NO_SUCH_STREAM),
        ("http", http_status(410), FailureCause.REQUEST_REFUSED),
        ("http", http_status(429), FailureCause.TOO_MANY_VIEWERS),
        ("http", http_status(503), FailureCause.SERVER_FAILED),
        ("rtsp", rtsp_status(401), FailureCause.PASSWORD_REFUSED),
        ("rtsp", rtsp_status(403), FailureCause.ACCESS_FORBIDDEN),
        ("rtsp", rtsp_status(404), FailureCause.NO_SUCH_STREAM),
        ("rtsp", rtsp_status(454), FailureCause.REQUEST_REFUSED),
        ("rtsp", rtsp_status(453), FailureCause.TOO_MANY_VIEWERS),
        ("rtsp", rtsp_status(301), FailureCause.REDIRECTED),
        (
            "rtsp",
            rtsp_status(302, b"Location: http://127.0.0.1/s3cr3t\r\n"),
            FailureCause.REDIRECTED,
        ),
        ("rtsp", rtsp_status(500), FailureCause.SERVER_FAILED),
        ("http", lambda request: None, FailureCause.NO_ANSWER),
        ("rtsp", lambda request: None, FailureCause.NO_ANSWER),
        (
            "http",
            lambda request: (
                b"HTTP/1.0 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"\xff\x01\x02" * 3000
            ),
            FailureCause.NOT_A_VIDEO,
        ),
        ("rtsp", lambda request: b"garbage\r\n\r\n", FailureCause.NOT_A_VIDEO),
        ("https", lambda request: b"no handshake", FailureCause.TLS_FAILED),
        ("rtsps", lambda request: b"no handshake", FailureCause.TLS_FAILED),
        ("http", lambda request: b"", FailureCause.CONNECTION_LOST),
    ],
)
def test_the_response_of_a_camera_is_reported_as_the_cause(scheme, answer, cause):
    with server(answer) as port:
        failure = first_failure(f"{scheme}://admin:s3cr3t@127.0.0.1:{port}/live-path?token=t0ken")
    assert failure.cause is cause
    for secret in ("s3cr3t", "t0ken", "live-path", "admin"):
        assert secret not in str(failure)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\nffconcat version 1.0\nfile /tmp/x.ts",
    ],
    ids=["redirect", "concat"],
)
def test_a_server_that_names_a_local_file_is_no_device_of_this_machine(answer):
    with server(lambda request: answer) as port:
        assert first_failure(f"http://127.0.0.1:{port}/x").cause is FailureCause.NOT_A_VIDEO


def test_a_port_where_nobody_listens_refuses_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for scheme in ("rtsp", "http"):
        assert (
            first_failure(f"{scheme}://127.0.0.1:{port}/live").cause
            is FailureCause.CONNECTION_REFUSED
        )


@pytest.mark.parametrize("scheme", ["rtsp", "http", "https"])
def test_an_unknown_host_name_is_reported(scheme):
    assert (
        first_failure(f"{scheme}://no-such-camera.invalid/live").cause
        is FailureCause.NAME_NOT_RESOLVED
    )


@pytest.mark.parametrize("device", ["/dev/video97", "/dev/v4l/by-id/usb-none-video-index0"])
def test_a_device_that_is_not_plugged_in_is_reported(device):
    assert first_failure(device).cause is FailureCause.NO_SUCH_DEVICE


def test_a_device_that_is_no_camera_is_reported():
    assert first_failure("/dev/null").cause is FailureCause.NOT_A_CAMERA


@pytest.mark.parametrize("isolated", [True, False])
def test_the_check_says_why_whatever_process_reads(isolated):
    settings = CaptureSettings(
        open_timeout_s=0.5, read_timeout_s=0.5, backoff_s=0.1, longest_backoff_s=0.1,
        isolated=isolated,
    )  # fmt: skip
    with server(http_status(401)) as port:
        camera = open_camera(f"http://admin:s3cr3t@127.0.0.1:{port}/live", settings)
        finding = check_first_frame(camera, settings)
    assert finding.level == 2
    assert "refuses the user name or password" in finding.found
    assert "s3cr3t" not in finding.found
    assert f"http://127.0.0.1:{port}" in finding.found


def test_an_alarm_carries_the_cause_and_not_a_guess(address):
    alarms, now = Alarms(address), datetime(2026, 11, 29, tzinfo=UTC)
    alarms.watch({"capture.failed"}, 0.0, now, cause=FailureCause.PASSWORD_REFUSED)
    (raised,) = alarms.watch({"capture.failed"}, 11.0, now, cause=FailureCause.PASSWORD_REFUSED)
    assert raised.message == CAUSE_SENTENCES[FailureCause.PASSWORD_REFUSED]


@pytest.mark.parametrize("cause", list(FailureCause))
def test_every_cause_has_a_sentence_that_may_leave_the_device(cause):
    sentence = CAUSE_SENTENCES[cause]
    assert not list(find_encoded_data(sentence))
    assert ":" in sentence  # what is wrong: what to do
    assert sentence in REMEDIES.values()


def test_an_error_is_never_quoted_with_its_address():
    secret = "rtsp://admin:s3cr3t@host/live"
    for error in (OSError(errno.EIO, "Input/output error", secret), ValueError(secret)):
        assert "s3cr3t" not in str(failure_from_exception(error))
    assert (
        failure_from_exception(OSError(errno.EHOSTUNREACH, "x")).cause
        is FailureCause.HOST_UNREACHABLE
    )
    assert (
        failure_from_exception(PermissionError(errno.EACCES, "x")).cause
        is FailureCause.PERMISSION_DENIED
    )
    assert failure_from_exception(OSError(errno.EBUSY, "x")).cause is FailureCause.DEVICE_BUSY


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate that signs itself, as cameras have; the paths of certificate and key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "camera.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "camera.key").write_bytes(secret)
    return folder / "camera.pem", folder / "camera.key"


@pytest.mark.parametrize("scheme", ["https", "rtsps"])
def test_a_certificate_is_verified_where_its_authority_is_given(authority, scheme):
    certificate, key = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    status = http_status(404) if scheme == "https" else rtsp_status(404)
    with server(status, tls=context) as port:
        uri = f"{scheme}://127.0.0.1:{port}/live"
        for ca_file, cause in (
            ("", FailureCause.NO_SUCH_STREAM),
            (str(certificate), FailureCause.NO_SUCH_STREAM),
            (certifi.where(), FailureCause.TLS_UNTRUSTED),
        ):
            settings = msgspec.structs.replace(QUICK, ca_file=ca_file)
            assert first_failure(uri, settings).cause is cause
