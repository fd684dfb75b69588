"""An ambiguous error of FFmpeg is narrowed down by the network path and the RTSP status."""

import socket

import pytest

from edge_agent.capture import network_probe
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.network_probe import probe_network, refine_with_network
from wire.addresses import parse_address

RTSP = parse_address("rtsp://admin:s3cr3t@10.0.0.9/live")
HTTP = parse_address("http://10.0.0.9/live")
REFUSED = CaptureFailure(FailureCause.CONNECTION_REFUSED, "Connection refused")


@pytest.fixture
def refine(monkeypatch):
    """Refines a failure where the network and the camera answer like this."""

    def refine(failure, address, *, status=None, network=None):
        monkeypatch.setattr(network_probe, "read_rtsp_status", lambda *_, **__: status)
        monkeypatch.setattr(network_probe, "probe_network", lambda *_, **__: network)
        return refine_with_network(failure, address)

    return refine


@pytest.mark.parametrize(
    ("cause", "address", "status", "refined"),
    [
        (FailureCause.REQUEST_REFUSED, RTSP, 453, FailureCause.TOO_MANY_VIEWERS),
        (FailureCause.NOT_A_VIDEO, RTSP, 453, FailureCause.TOO_MANY_VIEWERS),
        (FailureCause.NOT_A_VIDEO, RTSP, 301, FailureCause.REDIRECTED),
        (FailureCause.REQUEST_REFUSED, RTSP, 302, FailureCause.REDIRECTED),
        (FailureCause.REQUEST_REFUSED, RTSP, 454, FailureCause.REQUEST_REFUSED),
        (FailureCause.NOT_A_VIDEO, RTSP, 500, FailureCause.NOT_A_VIDEO),
        (FailureCause.NOT_A_VIDEO, RTSP, None, FailureCause.NOT_A_VIDEO),
        (FailureCause.REQUEST_REFUSED, HTTP, 453, FailureCause.REQUEST_REFUSED),
        (FailureCause.PASSWORD_REFUSED, RTSP, 301, FailureCause.PASSWORD_REFUSED),
    ],
)
def test_an_rtsp_status_refines_a_refusal(refine, cause, address, status, refined):
    assert refine(CaptureFailure(cause), address, status=status).cause is refined


def test_the_status_is_the_detail_of_a_refused_request(refine):
    found = refine(CaptureFailure(FailureCause.REQUEST_REFUSED, "x"), RTSP, status=454)
    assert found == CaptureFailure(FailureCause.REQUEST_REFUSED, "RTSP status 454")


@pytest.mark.parametrize(
    ("cause", "refined"),
    [
        (FailureCause.NOT_A_VIDEO, REFUSED.cause),
        (FailureCause.NO_ANSWER, REFUSED.cause),
        (FailureCause.CONNECTION_LOST, REFUSED.cause),
        (FailureCause.UNKNOWN, REFUSED.cause),
        (FailureCause.PASSWORD_REFUSED, FailureCause.PASSWORD_REFUSED),
        (FailureCause.SERVER_FAILED, FailureCause.SERVER_FAILED),
    ],
)
def test_only_an_ambiguous_cause_is_replaced_by_that_of_the_network(refine, cause, refined):
    assert refine(CaptureFailure(cause), HTTP, network=REFUSED).cause is refined


def test_an_input_error_of_a_host_that_answers_is_a_lost_connection(refine):
    unknown = CaptureFailure(FailureCause.UNKNOWN, "Input/output error")
    assert refine(unknown, HTTP).cause is FailureCause.CONNECTION_LOST
    other = CaptureFailure(FailureCause.UNKNOWN, "Protocol not found")
    assert refine(other, HTTP) == other


@pytest.mark.parametrize(
    "error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")]
)
def test_a_host_name_that_does_not_resolve_is_its_own_cause(monkeypatch, error):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    failure = probe_network(HTTP, within_s=1.0)
    assert failure.cause is FailureCause.NAME_NOT_RESOLVED
    assert failure.detail == (getattr(error, "strerror", None) or "")


def test_a_port_that_accepts_connections_is_no_failure():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert probe_network(parse_address(f"http://127.0.0.1:{port}/"), within_s=2.0) is None
    closed = probe_network(parse_address(f"http://127.0.0.1:{port}/"), within_s=2.0)
    assert closed.cause is FailureCause.CONNECTION_REFUSED


@pytest.mark.timeout(30)
@pytest.mark.parametrize("scheme", ["https", "rtsps"])
def test_a_handshake_without_an_answer_ends_in_the_time_that_is_left(scheme):
    now_s = iter((0.0, 0.0, 599.9))  # of ten minutes, the connection takes nearly all
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = parse_address(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/")
        failure = probe_network(address, within_s=600.0, steady=lambda: next(now_s))
    assert failure.cause is FailureCause.TLS_FAILED


def test_an_authority_file_that_is_missing_is_a_tls_failure():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = parse_address(f"https://127.0.0.1:{listening.getsockname()[1]}/")
        failure = probe_network(address, within_s=1.0, ca_file="/nowhere.pem")
    assert failure.cause is FailureCause.TLS_FAILED
