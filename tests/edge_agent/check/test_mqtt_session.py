"""A real CONNECT to Mosquitto, hardened or not, and to other servers, described in sentences."""

import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge_agent.check.broker_errors import CLOSED, VERSION_5, VERSION_311
from edge_agent.check.findings import Level
from edge_agent.check.mqtt_session import check_session
from edge_agent.transport.broker import BrokerEndpoint, parse_broker_url
from provisioning import key_store
from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from simulators.servers.mosquitto import Mosquitto, free_port
from tests.edge_agent.check.answers import answering
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

CAMERA = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))


@pytest.mark.broker
@pytest.mark.parametrize("is_version_5", [False, True])
def test_an_open_broker_accepts_the_session(mosquitto, is_version_5):
    result = check_session(parse_broker_url(mosquitto.url), CAMERA, is_version_5=is_version_5)
    assert result.level is Level.OK, result
    assert f"127.0.0.1:{mosquitto.port} accepts kx-01-cam-1" in result.found


class WithPassword(Mosquitto):
    def _config(self):
        passwords = self.folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "cam", "s3@:/cret"], check=True)
        passwords.chmod(0o644)
        open_to_all = super()._config()
        return f"{open_to_all}password_file {passwords}\n".replace(
            "anonymous true", "anonymous false"
        )


@pytest.fixture
def guarded(tmp_path):
    broker = WithPassword(tmp_path / "guarded")
    broker.start()
    yield broker
    broker.stop()


@pytest.mark.broker
@pytest.mark.parametrize("is_version_5", [False, True])
@pytest.mark.parametrize(
    ("user", "level"),
    [("", Level.FAILURE), ("cam:wr0ng@", Level.FAILURE), ("cam:s3%40%3A%2Fcret@", Level.OK)],
)
def test_a_broker_with_a_password_accepts_it_or_rejects_the_session(
    guarded, user, level, is_version_5
):
    broker = parse_broker_url(f"mqtt://{user}127.0.0.1:{guarded.port}")
    result = check_session(broker, CAMERA, is_version_5=is_version_5)
    assert result.level is level, result
    assert "s3" not in str(result)
    assert "wr0ng" not in str(result)
    if level is Level.FAILURE:
        assert "user name" in result.remedy


@pytest.mark.parametrize(
    ("code", "is_version_5"),
    [*((code, False) for code in VERSION_311), *((code, True) for code in VERSION_5), (0xEE, True)],
)
def test_every_reason_code_is_a_sentence(code, is_version_5):
    answer = bytes((0x20, 3, 0, code, 0) if is_version_5 else (0x20, 2, 0, code))
    with answering(answer) as port:
        broker = parse_broker_url(f"mqtt://127.0.0.1:{port}")
        result = check_session(broker, CAMERA, is_version_5=is_version_5)
    known = (VERSION_5 if is_version_5 else VERSION_311).get(code, "reason code 0xee")
    assert result.level is Level.FAILURE
    assert known in result.remedy
    assert ": " in result.remedy


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"", CLOSED),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is not MQTT"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "is not MQTT"),
        (b"\x20\xff\xff\xff\xff\x01", "is not MQTT"),
        (b"\x20\x02\x00\x00", CLOSED),
        (b"\x20\x02\x00\x00\x90\x03\x00\x01\x80", "rules do not allow this device"),
        (b"\x20\x02\x00\x00\xe0\x00", CLOSED),
    ],
)
def test_each_unexpected_broker_response_has_its_own_remedy(answer, sentence):
    with answering(answer) as port:
        result = check_session(parse_broker_url(f"mqtt://127.0.0.1:{port}"), CAMERA)
    assert result.level is Level.FAILURE
    assert sentence in result.remedy


def test_version_5_says_in_a_disconnect_why_the_session_ends():
    with answering(b"\x20\x03\x00\x00\x00\xe0\x02\x87\x00") as port:
        result = check_session(
            parse_broker_url(f"mqtt://127.0.0.1:{port}"), CAMERA, is_version_5=True
        )
    assert result.remedy == VERSION_5[0x87]


def test_a_closed_port_a_port_without_tls_and_an_unknown_host_differ(tmp_path):
    closed_port = check_session(parse_broker_url(f"mqtt://127.0.0.1:{free_port()}"), CAMERA)
    assert "check that the broker is running" in closed_port.remedy
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        plain = check_session(parse_broker_url(f"mqtts://127.0.0.1:{port}"), CAMERA)
    assert "this port does not use TLS" in plain.remedy
    unknown = check_session(parse_broker_url("mqtt://broker.invalid"), CAMERA)
    assert "check the name and the DNS" in unknown.remedy


@pytest.fixture(scope="module")
def camera(works):
    certificate, key = works.certify(CAMERA.device, CAMERA.location)
    return BrokerEndpoint(
        "localhost", works.port, tls=True, ca=works.trust, certificate=certificate, key=key
    )


@pytest.mark.broker
def test_the_hardened_broker_accepts_its_own_device(camera):
    result = check_session(camera, CAMERA)
    assert result.level is Level.OK, result
    assert "TLSv1." in result.found


@pytest.mark.broker
def test_the_hardened_broker_refuses_another_devices_name(works, camera):
    other = DeviceAddress(CAMERA.location, DeviceId("kx-01-cam-9"))
    result = check_session(camera, other)
    assert result.level is Level.FAILURE
    assert "device" in result.remedy


@pytest.mark.broker
def test_without_a_certificate_the_remedy_names_the_missing_option(camera):
    result = check_session(replace(camera, certificate=None, key=None), CAMERA)
    assert result.level is Level.FAILURE
    assert "--identity" in result.remedy or "certificate" in result.remedy


@pytest.mark.broker
def test_a_broker_of_a_private_authority_is_not_trusted_without_it(camera):
    result = check_session(replace(camera, ca=None), CAMERA)
    assert result.level is Level.FAILURE
    assert "--ca FILE" in result.remedy


@pytest.mark.broker
def test_a_certificate_of_another_authority_is_refused(camera, tmp_path):
    office = create_authority(tmp_path / "other", name="Other", secret=None, at=datetime.now(UTC))
    entry, key = office.equip(
        CertificateSubject(CertificateKind.CLAIM, "batch-1"), at=datetime.now(UTC)
    )
    key_store.write_private(tmp_path / "other.key", key_store.encode_key(key, None))
    (tmp_path / "other.crt").write_bytes(entry.certificate.encode() + office.chain)
    strange = replace(camera, certificate=tmp_path / "other.crt", key=tmp_path / "other.key")
    result = check_session(strange, CAMERA)
    assert result.level is Level.FAILURE
    assert "authority" in result.remedy


@pytest.mark.broker
def test_a_revoked_certificate_is_reported_as_revoked(works, camera):
    device = DeviceId("kx-01-cam-7")
    certificate, key = works.certify(device, CAMERA.location)
    shown = replace(camera, certificate=certificate, key=key)
    where = DeviceAddress(CAMERA.location, device)
    assert check_session(shown, where).level is Level.OK
    serial = next(e.serial for e in works.authority.register.entries() if e.name == device)
    works.authority.revoke([serial], reason="withdrawn", at=works.now())
    results = []

    def refused():
        time.sleep(0.3)  # the broker bans devices that connect many times a second
        results.append(check_session(shown, where))
        return results[-1].level is Level.FAILURE

    works.wait_until(refused)
    assert "revoked" in results[-1].remedy, results[-1]


@pytest.mark.broker
def test_a_tested_session_leaves_no_thread_and_no_will_message(mosquitto):
    before = threading.active_count()
    for _ in range(3):
        assert check_session(parse_broker_url(mosquitto.url), CAMERA).level is Level.OK
    assert threading.active_count() == before
