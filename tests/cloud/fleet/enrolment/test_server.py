"""Enrolment by claim certificate: the official client is enrolled, every other one refused."""

import contextlib
import socket
import ssl
import threading
from datetime import timedelta

import pytest
from awscrt import mqtt_request_response
from awsiot import V2ServiceException, iotidentity, mqtt5_client_builder, mqtt_connection_builder

from cloud.database import reading
from cloud.fleet import history
from cloud.fleet.registry import devices
from wire.fleet.enrolment import TEMPLATE

PATIENCE_S = 10.0
OPTIONS = mqtt_request_response.ClientOptions(
    max_request_response_subscriptions=4,
    max_streaming_subscriptions=1,
    operation_timeout_in_seconds=10,
)


def protocol_3(endpoint, files):
    certificate, key = files
    connection = mqtt_connection_builder.mtls_from_path(
        endpoint="localhost",
        port=endpoint.port,
        cert_filepath=str(certificate),
        pri_key_filepath=str(key),
        ca_filepath=str(endpoint.trust),
        client_id="anything",
        clean_session=True,
    )
    connection.connect().result(PATIENCE_S)
    return connection, lambda: connection.disconnect().result(PATIENCE_S)


def protocol_5(endpoint, files):
    certificate, key = files
    connected, stopped = threading.Event(), threading.Event()
    client = mqtt5_client_builder.mtls_from_path(
        endpoint="localhost",
        port=endpoint.port,
        cert_filepath=str(certificate),
        pri_key_filepath=str(key),
        ca_filepath=str(endpoint.trust),
        client_id="anything",
        on_lifecycle_connection_success=lambda _data: connected.set(),
        on_lifecycle_stopped=lambda _data: stopped.set(),
    )
    client.start()
    assert connected.wait(PATIENCE_S)

    def stop():
        client.stop()
        assert stopped.wait(PATIENCE_S)

    return client, stop


@pytest.fixture(scope="module")
def claim(endpoint):
    return endpoint.claim("batch-7")[1]


@pytest.fixture(params=[protocol_3, protocol_5], ids=["mqtt311", "mqtt5"])
def identity(request, endpoint, claim):
    made, end = request.param(endpoint, claim)
    yield request.param.__name__[-1], iotidentity.IotIdentityClientV2(made, OPTIONS)
    end()


def asks(client, request):
    wanted = iotidentity.CreateCertificateFromCsrRequest(certificate_signing_request=request)
    return client.create_certificate_from_csr(wanted).result(PATIENCE_S)


def registers(client, token, serial):
    wanted = iotidentity.RegisterThingRequest(
        template_name=TEMPLATE,
        certificate_ownership_token=token,
        parameters={"SerialNumber": serial},
    )
    return client.register_thing(wanted).result(PATIENCE_S)


def refusal(act):
    with pytest.raises(V2ServiceException) as refused:
        act()
    return refused.value.modeled_error.error_message


def audit(endpoint, event, device=None):
    with reading(endpoint.engine) as connection:
        lines = history.read_history(connection, device, last=200)
    return [line.detail for line in lines if line.event == event]


def test_a_camera_that_asks_again_gets_the_same_certificate_and_keeps_it(
    endpoint, identity, new_request
):
    version, client = identity
    device = f"same-{version}"
    endpoint.allow_camera(device)
    asked = new_request(device)[1]
    lost, made = asks(client, asked), asks(client, asked)
    assert made.certificate_id == lost.certificate_id
    assert "used before" in refusal(
        lambda: registers(client, lost.certificate_ownership_token, f"SN-{device}")
    )
    registers(client, made.certificate_ownership_token, f"SN-{device}")
    endpoint.enrolment.withdraw_unregistered(at=endpoint.now() + timedelta(hours=2))
    assert endpoint.authority.find_valid(device, at=endpoint.now()).serial == made.certificate_id


def test_a_camera_on_the_allow_list_is_certified_registered_and_grouped(
    endpoint, identity, new_request
):
    version, client = identity
    device = f"new-{version}"
    endpoint.allow_camera(device, groups=("canary", "london"))
    made = asks(client, new_request(device)[1])
    entry = endpoint.authority.find_valid(device, at=endpoint.now())
    assert made.certificate_id == entry.serial
    assert made.certificate_pem.encode() == entry.certificate.encode() + endpoint.authority.chain
    answer = registers(client, made.certificate_ownership_token, f"SN-{device}")
    assert answer.thing_name == device
    assert answer.device_configuration == {"location": "KX-01"}
    with reading(endpoint.engine) as connection:
        standing = devices.get_device(connection, device)
    assert standing.groups == ("canary", "london")
    assert standing.certificate_ends_at == entry.ends_at
    assert audit(endpoint, "device.enrolled", device) == [f"serial SN-{device}"]


def test_a_token_serves_once(endpoint, identity, new_request):
    version, client = identity
    device = f"once-{version}"
    endpoint.allow_camera(device)
    token = asks(client, new_request(device)[1]).certificate_ownership_token
    registers(client, token, f"SN-{device}")
    assert "used before" in refusal(lambda: registers(client, token, f"SN-{device}"))
    assert "not known here" in refusal(lambda: registers(client, token + "x", f"SN-{device}"))
    assert any("used before" in line for line in audit(endpoint, "enrolment.refused"))


def test_a_camera_is_enrolled_once(endpoint, identity, new_request):
    version, client = identity
    device = f"twice-{version}"
    endpoint.allow_camera(device)
    made = asks(client, new_request(device)[1])
    registers(client, made.certificate_ownership_token, f"SN-{device}")
    assert "was enrolled before" in refusal(lambda: asks(client, new_request(device)[1]))


def test_a_camera_whose_disk_was_lost_enrols_again_when_an_operator_says_so(
    endpoint, identity, new_request
):
    version, client = identity
    device = f"lost-{version}"
    endpoint.allow_camera(device)
    made = asks(client, new_request(device)[1])
    registers(client, made.certificate_ownership_token, f"SN-{device}")
    endpoint.allow_camera(device)
    assert "was enrolled before" in refusal(lambda: asks(client, new_request(device)[1]))
    endpoint.allow_camera(device, again=True)
    made = asks(client, new_request(device)[1])
    registers(client, made.certificate_ownership_token, f"SN-{device}")


def test_a_camera_that_is_not_on_the_claims_allow_list_gets_no_signature(
    endpoint, identity, new_request
):
    version, client = identity
    endpoint.allow_camera(f"foreign-{version}", claim="batch-8")
    for device in (f"foreign-{version}", "unheard-of"):
        message = refusal(lambda device=device: asks(client, new_request(device)[1]))
        assert message == f"{device!r} is not on the enrolment allow-list of this claim"
        assert endpoint.authority.register.entries(name=device) == []


def test_a_wrong_serial_number_registers_nobody(endpoint, identity, new_request):
    version, client = identity
    device = f"serial-{version}"
    endpoint.allow_camera(device)
    token = asks(client, new_request(device)[1]).certificate_ownership_token
    for wrong in ("SN-other", ""):
        message = refusal(lambda wrong=wrong: registers(client, token, wrong))
        assert "the SerialNumber is not that of" in message
    assert registers(client, token, f"SN-{device}").thing_name == device


def test_a_certificate_that_nobody_registers_with_is_taken_back(endpoint, identity, new_request):
    version, client = identity
    device = f"slow-{version}"
    endpoint.allow_camera(device)
    made = asks(client, new_request(device)[1])
    endpoint.enrolment.withdraw_unregistered(at=endpoint.now() + timedelta(hours=2))
    [entry] = endpoint.authority.register.entries(name=device)
    assert entry.reason == "withdrawn"
    message = refusal(lambda: registers(client, made.certificate_ownership_token, f"SN-{device}"))
    assert "used before" in message or "over an hour old" in message


def test_asking_again_supersedes_the_first_certificate(endpoint, identity, new_request):
    version, client = identity
    device = f"again-{version}"
    endpoint.allow_camera(device)
    first = asks(client, new_request(device)[1])
    second = asks(client, new_request(device)[1])
    reasons = [entry.reason for entry in endpoint.authority.register.entries(name=device)]
    assert reasons == ["superseded", None]
    refusal(lambda: registers(client, first.certificate_ownership_token, f"SN-{device}"))
    registers(client, second.certificate_ownership_token, f"SN-{device}")


@pytest.mark.parametrize("request_", ["", "rubbish", "-----BEGIN CERTIFICATE REQUEST-----\nAA"])
def test_rubbish_is_refused_with_a_sentence(identity, request_):
    assert "does not parse" in refusal(lambda: asks(identity[1], request_))


def test_keys_are_never_made_for_a_camera(identity):
    _, client = identity
    wanted = iotidentity.CreateKeysAndCertificateRequest()
    message = refusal(lambda: client.create_keys_and_certificate(wanted).result(PATIENCE_S))
    assert "may only enrol" in message


def test_a_camera_renews_with_its_own_certificate_and_only_for_itself(endpoint, claim, new_request):
    client, end = protocol_5(endpoint, claim)
    endpoint.allow_camera("renews")
    key, request = new_request("renews")
    made = asks(iotidentity.IotIdentityClientV2(client, OPTIONS), request)
    registers(
        iotidentity.IotIdentityClientV2(client, OPTIONS),
        made.certificate_ownership_token,
        "SN-renews",
    )
    end()
    files = endpoint.filed(
        "renews", endpoint.authority.find_valid("renews", at=endpoint.now()), key
    )
    client, end = protocol_5(endpoint, files)
    own = iotidentity.IotIdentityClientV2(client, OPTIONS)
    fresh = asks(own, new_request("renews")[1])
    answer = registers(own, fresh.certificate_ownership_token, "")
    assert answer.thing_name == "renews"
    assert endpoint.authority.find_valid("renews", at=endpoint.now()).serial == fresh.certificate_id
    assert "may not ask for" in refusal(lambda: asks(own, new_request("other")[1]))
    end()


def connect(endpoint, files):
    context = ssl.create_default_context(cafile=endpoint.trust)
    if files:
        context.load_cert_chain(*files)
    plain = socket.create_connection(("127.0.0.1", endpoint.port), timeout=PATIENCE_S)
    try:
        return context.wrap_socket(plain, server_hostname="localhost")
    except OSError:
        plain.close()
        raise


HELLO = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"


def is_ended(line):
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        while line.recv(4_096):
            pass
    line.close()
    return True


def is_welcome(endpoint, files):
    """Whether a plain CONNECT is answered; a refusal may show at the handshake or after it."""
    try:
        with connect(endpoint, files) as line:
            line.sendall(HELLO)
            return line.recv(4) == b"\x20\x02\x00\x00"
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_connection_without_a_certificate_is_refused(endpoint):
    assert not is_welcome(endpoint, None)


def test_a_revoked_claim_is_refused(endpoint, claim):
    entry, files = endpoint.claim("stolen")
    assert is_welcome(endpoint, files)
    endpoint.authority.revoke([entry.serial], reason="key-compromise", at=endpoint.now())
    assert not is_welcome(endpoint, files)
    assert is_welcome(endpoint, claim)


@pytest.mark.parametrize(
    "attack",
    [
        HELLO + b"\x30\x1c\x00\x1aonlooker/v1/KX-01/c/audience"[:30],
        b"\x00",
        b"\xff" * 64,
        b"\x10\xff\xff\xff\xff\x01",
        b"\x10\xff\xff\xff\x7f" + b"x" * 100,
        HELLO + b"\x30\xff\xff\x03" + b"x" * 65_535,
        b"\x10\x0c\x00\x04MQIs\x03\x02\x00\x3c\x00\x00",
        HELLO + b"\x34\x05\x00\x01a\x00\x01",
        HELLO + b"\x82\x02\x00\x01",
        HELLO + b"\xc0\x00" * 60,
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=[
        "telemetry", "nought", "ones", "endless length", "huge length", "oversize", "old protocol",
        "quality 2", "empty subscription", "flood", "http",
    ],
)  # fmt: skip
def test_an_invalid_message_ends_its_connection_and_not_the_server(endpoint, claim, attack):
    line = connect(endpoint, claim)
    with contextlib.suppress(ssl.SSLError, ConnectionError):  # closed while sending
        line.sendall(attack)
    line.settimeout(PATIENCE_S)
    assert is_ended(line)
    assert is_welcome(endpoint, claim)


def test_telemetry_with_a_claim_is_written_down(endpoint, claim):
    line = connect(endpoint, claim)
    topic = b"onlooker/v1/KX-01/cam-1/audience"
    line.sendall(HELLO + bytes((0x30, 2 + len(topic))) + len(topic).to_bytes(2) + topic)
    assert is_ended(line)
    assert topic.decode() in audit(endpoint, "enrolment.refused")
