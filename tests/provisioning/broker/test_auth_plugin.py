"""The auth plugin: the client id is the name in the certificate, on every listener."""

import argparse
import os
import re
import signal
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from cloud import settings, stream
from cloud.ingest.sources.message_source import BatchLimits
from provisioning import key_store
from provisioning.authority import profiles
from provisioning.authority.ca import create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject, Issuer
from provisioning.broker import auth_plugin
from provisioning.broker.settings import BrokerError
from tests.provisioning.installation import wait_until

PATIENCE_S = 10.0
AUDIENCE = "onlooker/v1/KX-01/{}/audience"
NOTIFY = "$aws/things/{}/jobs/notify-next"
GENERATED_ID = "auto-[0-9A-F-]{36}"  # by Mosquitto, for a client without an id
VERSIONS = [mqtt.MQTTv311, mqtt.MQTTv5]


def create_subject(*common_names, kind=_ASN1Type.UTF8String):
    units = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "KX-01")]
    with warnings.catch_warnings(action="ignore"):  # of lengths
        words = [
            x509.NameAttribute(NameOID.COMMON_NAME, name, _type=kind, _validate=False)
            for name in common_names
        ]
    return x509.Name([*units, *words])


INVALID_NAMES = {
    "a slash": create_subject("cam/1"),
    "a wildcard": create_subject("#"),
    "another": create_subject("cam+"),
    "a space": create_subject("cam 1"),
    "a NUL": create_subject("victim\0.example"),
    "a line break": create_subject("cam\n"),
    "letters beyond ASCII": create_subject("c\u00e1mara"),
    "not UTF-8": create_subject("cam\u00e9", kind=_ASN1Type.T61String),
    "two bytes to a letter": create_subject("cam", kind=_ASN1Type.BMPString),
    "nothing": create_subject(""),
    "65 letters": create_subject("c" * 65),
    "two names": create_subject("victim", "cam"),
    "no name": create_subject(),
}


@pytest.fixture(scope="module")
def victim(installation):
    record = installation.certify("victim")
    client = installation.create_client(record).connect()
    wait_until(lambda: client.publish(AUDIENCE.format("victim")))
    yield client
    assert client.disconnections.empty()
    assert client.publish(AUDIENCE.format("victim"))
    client.disconnect()


@pytest.mark.broker
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("wanted", "websockets"),
    [
        ("victim", False),
        ("victim", True),
        ("", False),
        ("service:fleet", False),
        ("it's \u00e9 'x'", False),
    ],
)
def test_a_client_with_another_id_is_refused_and_audited(
    installation, victim, wanted, websockets, version
):
    thief = installation.certify(f"thief-{version}-{websockets}-{len(wanted)}")
    client = installation.create_client(
        thief, client_id=wanted, version=version, websockets=websockets
    )
    assert client.is_refused()
    shown = re.escape(wanted.replace("\u00e9", "??")) or GENERATED_ID
    detail = installation.wait_for_audit("connect.wrong_id", thief.name)["detail"]
    assert re.fullmatch(f"asked for client id '{shown}'", detail)
    audit = installation.read_audit()
    refused = [one["detail"] for one in audit if one["event"] == "connect.refused"]
    assert not any("<unknown>" in one for one in refused)


@pytest.mark.broker
@pytest.mark.parametrize("version", VERSIONS)
def test_user_name_and_password_of_the_packet_have_no_effect(installation, victim, version):
    record = installation.certify(f"pretender-{version}")
    client = installation.create_client(record, version=version)
    client.paho.username_pw_set("victim", "secret")
    client.connect()
    wait_until(lambda: client.publish(AUDIENCE.format(record.name)) or version == mqtt.MQTTv311)
    client.paho.publish(AUDIENCE.format("victim"), b"{}", qos=1)
    installation.wait_for_audit("publish.denied", record.name)
    second = installation.create_client(record, client_id="victim", version=version)
    second.paho.username_pw_set("victim", "secret")
    assert second.is_refused()


@pytest.mark.broker
def test_extended_authentication_is_refused(installation, victim):
    client = installation.create_client(installation.certify("extended"), client_id="victim")
    request = mqtt.Properties(mqtt.PacketTypes.CONNECT)
    request.AuthenticationMethod, request.AuthenticationData = "SCRAM-SHA-1", b"n,,n=victim"
    client.paho.connect("127.0.0.1", client.port, properties=request)
    client.paho.loop_start()
    assert client.connections.get(timeout=PATIENCE_S) == "Bad authentication method"


@pytest.mark.broker
@pytest.mark.parametrize("case", INVALID_NAMES)
def test_a_certificate_with_an_invalid_name_is_refused(installation, victim, case):
    record = sign_unusual_certificate(installation, INVALID_NAMES[case])
    for wanted in ("victim", "cam"):
        assert installation.create_client(record, client_id=wanted).is_refused()
    detail = "its certificate has no usable name"
    wait_until(lambda: any(one["detail"].endswith(detail) for one in installation.read_audit()))


def sign_unusual_certificate(installation, subject):
    """A certificate that the authority refuses to sign, signed with its key."""
    key, ca = key_store.generate_key(), installation.authority.folder
    certificate = x509.load_pem_x509_certificate((ca / "issuing.crt").read_bytes())
    issuer = Issuer(certificate, key_store.read_key(ca / "issuing.key", None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "_subject", lambda _name, _location: subject)
        who = CertificateSubject(CertificateKind.DEVICE, "odd", "KX-01")
        until = {"at": datetime.now(UTC), "lifetime": timedelta(days=1)}
        signed = profiles.build_leaf(who, key.public_key(), issuer, **until)
    return installation.write_unregistered(signed, key)


@pytest.mark.broker
def test_a_reload_keeps_the_plugin_and_persistent_sessions(own_installation):
    installation = own_installation
    fleet = installation.create_service_client("service:fleet").connect()
    keeper = installation.certify("keeper")
    away = installation.create_client(keeper, clean=False, version=mqtt.MQTTv311).connect()
    away.subscribe("$aws/things/keeper/#")
    away.disconnect()
    assert fleet.publish(NOTIFY.format("keeper"))

    thief = installation.certify("thief")  # its rules make Mosquitto reload
    installation.wait_for_rules("thief")
    present = installation.create_client(thief).connect()
    wait_until(lambda: present.publish(AUDIENCE.format("thief")))

    assert installation.create_client(thief, client_id="keeper").is_refused()
    assert fleet.disconnections.empty()
    back = installation.create_client(keeper, clean=False, version=mqtt.MQTTv311).connect()
    assert back.received.get(timeout=PATIENCE_S) == NOTIFY.format("keeper")


@pytest.mark.broker
def test_the_stream_connects_under_the_name_of_its_certificate(installation, victim):
    record = installation.equip(CertificateKind.SERVICE, "service:stream.3")
    trust, stem = installation.authority.folder / "trust.pem", installation.folder / record.serial
    parser = argparse.ArgumentParser()
    stream.add_arguments(parser)
    options = ["--broker", f"mqtts://localhost:{installation.settings.port}", "--ca", str(trust)]
    options += ["--cert", f"{stem}.crt", "--key", f"{stem}.key"]
    arguments = parser.parse_args(options)
    source = stream._mqtt(arguments, settings.read(arguments))
    topic = AUDIENCE.format("victim")

    def is_received():
        victim.publish(topic)
        return any(one.topic == topic for one in source.receive(BatchLimits(idle_s=0.2)))

    try:
        wait_until(is_received)
    finally:
        source.close()
    assert source._client._client_id == b"service:stream.3"
    wrong_ids = [one for one in installation.read_audit() if one["event"] == "connect.wrong_id"]
    assert "service:stream.3" not in {one["client"] for one in wrong_ids}


@pytest.mark.broker
def test_a_will_is_published_when_a_connection_breaks_and_not_for_a_refused_client(
    installation, fleet
):
    topic = "$aws/things/{}/shadow/update"
    fleet.subscribe("$aws/things/+/shadow/update", NOTIFY.format("+"))
    record = installation.certify("willing")
    refused = installation.create_client(record, client_id="victim")
    refused.paho.will_set(topic.format("willing"), b"{}", qos=1)
    assert refused.is_refused()
    assert fleet.publish(NOTIFY.format("end"))
    assert fleet.receive_until(NOTIFY.format("end")) == [NOTIFY.format("end")]

    breaking = installation.create_client(record)
    breaking.paho.will_set(topic.format("willing"), b"{}", qos=1)
    breaking.connect()
    wait_until(lambda: breaking.publish(AUDIENCE.format("willing")))
    breaking.paho.socket().shutdown(2)
    assert topic.format("willing") in fleet.receive_until(topic.format("willing"))


@pytest.mark.broker
def test_without_the_plugin_another_id_grants_nothing_and_the_audit_has_a_warning(
    installation_without_plugin,
):
    installation = installation_without_plugin
    installation.wait_for_audit("broker.no_auth_plugin")
    victim = installation.create_client(installation.certify("victim")).connect()
    thief = installation.create_client(installation.certify("thief"), client_id="victim").connect()
    wait_until(lambda: thief.publish(AUDIENCE.format("thief")))
    assert not thief.publish(AUDIENCE.format("victim"))
    assert victim.disconnections.empty()


def test_the_plugin_is_found_at_a_given_path_before_the_default_paths(tmp_path, monkeypatch):
    given, in_environment, default = (tmp_path / name for name in "abc")
    for path in (given, in_environment, default):
        path.touch()
    monkeypatch.setattr(auth_plugin, "DEFAULT_PATHS", (default,))
    assert auth_plugin.find_plugin(given, {auth_plugin.VARIABLE: str(in_environment)}) == given
    assert (
        auth_plugin.find_plugin(None, {auth_plugin.VARIABLE: str(in_environment)}) == in_environment
    )
    assert auth_plugin.find_plugin(None, {}) == default
    with pytest.raises(BrokerError, match="no auth plugin at /nowhere: compile it"):
        auth_plugin.find_plugin(Path("/nowhere"), {})


def test_a_broker_does_not_start_when_the_plugin_is_missing(tmp_path, now):
    create_authority(tmp_path / "ca", name="Test", secret=None, at=now())
    command = [sys.executable, "-m", "provisioning", "broker", "--dir", tmp_path]
    command += ["--user", Path("/proc/self").owner(), "--auth-plugin", tmp_path / "auth_plugin.so"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert f"no auth plugin at {tmp_path}/auth_plugin.so: compile it (sh " in outcome.stderr
    assert not (tmp_path / "mosquitto.conf").exists()


@pytest.mark.broker
def test_no_client_can_connect_when_the_plugin_cannot_be_loaded(own_installation):
    installation = own_installation
    record = installation.certify("early")
    installation.create_client(record).connect()
    installation.settings.auth_plugin_file.unlink()
    installation.settings.auth_plugin_file.write_bytes(b"not a library")
    os.kill(installation.supervisor.process_id, signal.SIGKILL)
    installation.wait_for_audit("broker.died")

    def find_load_error():
        details = [one["detail"] for one in installation.read_audit()]
        return [one for one in details if "exit code" in one and "Unable to load" in one]

    wait_until(find_load_error)
    assert "auth_plugin.so" in find_load_error()[0]
    with pytest.raises(ConnectionRefusedError):
        installation.create_client(record).connect()
    assert not installation.supervisor.is_ready
