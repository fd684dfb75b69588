import json
import socket
import ssl
from types import SimpleNamespace

import pytest

from edge_agent.transport import provisioning_client
from edge_agent.transport.broker import BrokerEndpoint
from edge_agent.transport.provisioning_client import (
    ProvisioningClient,
    ProvisioningError,
    ProvisioningRefusedError,
    connect,
    verify_connection,
)
from simulators.servers.mosquitto import free_port
from tests.edge_agent.check.answers import answering
from wire.fleet.enrolment import CREATE, PROVISION

SERVER = BrokerEndpoint("enrol.example", 8884, tls=True)
ISSUED = {"certificateId": "1", "certificatePem": "pem", "certificateOwnershipToken": "token"}


class Reason:
    """A reason code of a broker."""

    def __init__(self, text, *, is_failure=True):
        self.text, self.is_failure = text, is_failure

    def __str__(self):
        return self.text


SUCCESS = Reason("Success", is_failure=False)


class PreparedService:
    """A paho client whose server gives these answers by topic; it calls back at once."""

    def __init__(self, answers, reason=SUCCESS):
        self.answers, self.reason, self.published, self.is_open = answers, reason, [], False

    def connect(self, *_arguments):
        self.is_open = True

    def loop_start(self):
        self.on_connect(self, None, None, self.reason, None)

    def subscribe(self, topics):
        self.topics = [topic for topic, _ in topics]
        self.on_subscribe()

    def publish(self, topic, payload, qos):
        self.published.append((topic, json.loads(payload)))
        answer = self.answers.get(topic)
        if isinstance(answer, Reason):
            self.on_disconnect(self, None, None, answer, None)
        elif answer is not None:
            suffix, body = answer
            message = SimpleNamespace(topic=topic + suffix, payload=body)
            self.on_message(self, None, message)

    def disconnect(self):
        self.is_open = False

    def loop_stop(self):
        pass


@pytest.fixture
def service(monkeypatch):
    """Replaces the network by a service with these answers."""

    def prepare(answers=(), **options):
        prepared = PreparedService(dict(answers), **options)
        monkeypatch.setattr(provisioning_client, "create_mqtt_client", lambda *_, **__: prepared)
        monkeypatch.setattr(provisioning_client, "_check_handshake", lambda *_: None)
        return prepared

    return prepare


def client():
    return ProvisioningClient(SERVER, "kx-01-cam-1", timeout_s=0.01)


def test_a_certificate_is_requested_and_registered(service):
    prepared = service(
        {
            CREATE: ("/accepted", json.dumps(ISSUED).encode()),
            PROVISION: ("/accepted", b'{"thingName":"kx-01-cam-1"}'),
        }
    )
    with client() as open_client:
        issued = open_client.certify("request")
        registered = open_client.register(issued.certificate_ownership_token, {"SerialNumber": "7"})
    assert registered.thing_name == "kx-01-cam-1"
    assert prepared.published == [
        (CREATE, {"certificateSigningRequest": "request"}),
        (PROVISION, {"certificateOwnershipToken": "token", "parameters": {"SerialNumber": "7"}}),
    ]
    assert not prepared.is_open
    assert len(prepared.topics) == 4


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b'{"errorCode":"Denied","errorMessage":"not allowed"}', "Denied", "not allowed"),
        (b'{"errorCode":"Denied"}', "Denied", "Denied"),
        (b"{}", "Unknown", "Unknown"),
    ],
)
def test_a_rejection_has_the_code_and_the_message_of_the_service(service, body, code, message):
    service({CREATE: ("/rejected", body)})
    with client() as open_client, pytest.raises(ProvisioningRefusedError) as refused:
        open_client.certify("request")
    assert refused.value.code == code
    assert str(refused.value) == f"mqtts://enrol.example:8884 rejects: {message}"


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"certificateId":"1"}'])
def test_an_invalid_answer_is_an_error(service, body):
    service({CREATE: ("/accepted", body)})
    with client() as open_client, pytest.raises(ProvisioningError, match="an invalid response"):
        open_client.certify("request")


def test_no_answer_in_time_is_an_error(service):
    service()
    with client() as open_client, pytest.raises(ProvisioningError, match="did not answer within"):
        open_client.certify("request")


def test_a_refused_connection_is_closed_and_blamed_on_the_certificate(service):
    prepared = service(reason=Reason("Not authorized"))
    with pytest.raises(ProvisioningError, match=r"\(Not authorized\): the certificate is not acc"):
        client().__enter__()
    assert not prepared.is_open


def test_a_connection_that_ends_during_a_request_is_an_error(service):
    service({CREATE: Reason("Unspecified error")})
    with client() as open_client, pytest.raises(ProvisioningError, match="get a new claim"):
        open_client.certify("request")


def test_a_broker_accepts_or_rejects_a_device(service):
    prepared = service()
    verify_connection(SERVER, "kx-01-cam-1", timeout_s=0.01)
    assert not prepared.is_open
    service(reason=Reason("Not authorized"))
    with pytest.raises(ProvisioningRefusedError, match=r"rejects kx-01-cam-1 \(Not authorized\)"):
        verify_connection(SERVER, "kx-01-cam-1", timeout_s=0.01)


class UnreachableClient:
    """A paho client whose connection fails with this error."""

    def __init__(self, error):
        self.error = error

    def connect(self, *_arguments):
        raise self.error


def untrusted(message):
    error = ssl.SSLCertVerificationError(1, "verify failed")
    error.verify_message = message
    return error


def ended(reason):
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (untrusted("certificate has expired"), "expired by this camera's clock: set the clock"),
        (untrusted("certificate is not yet valid"), "not yet valid by this camera's clock"),
        (untrusted("self-signed certificate"), "(self-signed certificate): check --ca and address"),
        (ended("TLSV1_ALERT_UNKNOWN_CA"), "ends the handshake (TLSV1_ALERT_UNKNOWN_CA)"),
        (socket.gaierror(-2, "Name or service not known"), "enrol.example has no address (Name"),
        (ConnectionRefusedError(111, "Connection refused"), "cannot be reached ([Errno 111]"),
        (TimeoutError("timed out"), "cannot be reached (timed out): check address, port, network"),
        (ValueError("Invalid host."), "cannot be reached (Invalid host.)"),
    ],
)
def test_each_cause_of_a_failed_connection_has_its_remedy(error, message):
    with pytest.raises(ProvisioningError) as refused:
        connect(UnreachableClient(error), SERVER)
    assert message in str(refused.value)


def test_a_closed_port_and_a_port_without_tls_are_found_before_paho_connects():
    away = BrokerEndpoint("127.0.0.1", free_port(), tls=True)
    with pytest.raises(ProvisioningError, match="cannot be reached"):
        ProvisioningClient(away, "cam", timeout_s=1.0).__enter__()
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        plain = BrokerEndpoint("127.0.0.1", port, tls=True)
        with pytest.raises(ProvisioningError, match="not an MQTT port with TLS; check both"):
            ProvisioningClient(plain, "cam", timeout_s=1.0).__enter__()
