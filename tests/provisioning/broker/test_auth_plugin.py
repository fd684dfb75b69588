"""The guard: who the certificate names and nobody else, on every listener, through every reload."""

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

PATIENCE_S = 10.0
MINE = "onlooker/v1/KX-01/{}/audience"
NOTIFY = "$aws/things/{}/jobs/notify-next"
MADE_UP = "auto-[0-9A-F-]{36}"  # by Mosquitto, for whoever gives no id
PACKETS = [mqtt.MQTTv311, mqtt.MQTTv5]


def named(*common_names, kind=_ASN1Type.UTF8String):
    units = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "KX-01")]
    with warnings.catch_warnings(action="ignore"):  # of lengths
        words = [
            x509.NameAttribute(NameOID.COMMON_NAME, name, _type=kind, _validate=False)
            for name in common_names
        ]
    return x509.Name([*units, *words])


ODD = {
    "a slash": named("cam/1"),
    "a wildcard": named("#"),
    "another": named("cam+"),
    "a space": named("cam 1"),
    "a NUL": named("victim\0.example"),
    "a line break": named("cam\n"),
    "letters beyond ASCII": named("c\u00e1mara"),
    "not UTF-8": named("cam\u00e9", kind=_ASN1Type.T61String),
    "two bytes to a letter": named("cam", kind=_ASN1Type.BMPString),
    "nothing": named(""),
    "65 letters": named("c" * 65),
    "two names": named("victim", "cam"),
    "no name": named(),
}


@pytest.fixture(scope="module")
def victim(house):
    entry = house.certify("victim")
    visitor = house.visitor(entry).join()
    house.wait_until(lambda: visitor.says(MINE.format("victim")))
    yield visitor
    assert visitor.lost.empty()
    assert visitor.says(MINE.format("victim"))
    visitor.leave()


@pytest.mark.broker
@pytest.mark.parametrize("version", PACKETS)
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
def test_who_asks_for_another_id_is_refused_and_written_down(
    house, victim, wanted, websockets, version
):
    thief = house.certify(f"thief-{version}-{websockets}-{len(wanted)}")
    visitor = house.visitor(thief, client_id=wanted, version=version, websockets=websockets)
    assert visitor.is_refused()
    shown = re.escape(wanted.replace("\u00e9", "??")) or MADE_UP
    detail = house.audited("connect.wrong_id", thief.name)["detail"]
    assert re.fullmatch(f"asked for client id '{shown}'", detail)
    at_the_door = [one["detail"] for one in house.audit() if one["event"] == "connect.refused"]
    assert not any("<unknown>" in one for one in at_the_door)


@pytest.mark.broker
@pytest.mark.parametrize("version", PACKETS)
def test_the_packets_user_name_and_password_count_for_nothing(house, victim, version):
    entry = house.certify(f"pretender-{version}")
    visitor = house.visitor(entry, version=version)
    visitor.client.username_pw_set("victim", "secret")
    visitor.join()
    house.wait_until(lambda: visitor.says(MINE.format(entry.name)) or version == mqtt.MQTTv311)
    visitor.client.publish(MINE.format("victim"), b"{}", qos=1)
    house.wait_for_audit("publish.denied", entry.name)
    second = house.visitor(entry, client_id="victim", version=version)
    second.client.username_pw_set("victim", "secret")
    assert second.is_refused()


@pytest.mark.broker
def test_extended_authentication_is_no_way_in(house, victim):
    visitor = house.visitor(house.certify("extended"), client_id="victim")
    wish = mqtt.Properties(mqtt.PacketTypes.CONNECT)
    wish.AuthenticationMethod, wish.AuthenticationData = "SCRAM-SHA-1", b"n,,n=victim"
    visitor.client.connect("127.0.0.1", visitor.port, properties=wish)
    visitor.client.loop_start()
    assert visitor.joined.get(timeout=PATIENCE_S) == "Bad authentication method"


@pytest.mark.broker
@pytest.mark.parametrize("oddity", ODD)
def test_a_certificate_with_an_odd_name_opens_nothing(house, victim, oddity):
    entry = odd_certificate(house, ODD[oddity])
    for wanted in ("victim", "cam"):
        assert house.visitor(entry, client_id=wanted).is_refused()
    detail = "its certificate has no usable name"
    house.wait_until(lambda: any(one["detail"].endswith(detail) for one in house.audit()))


def odd_certificate(house, subject):
    """What our authority would never sign, signed with its key."""
    key, ca = key_store.generate_key(), house.authority.folder
    certificate = x509.load_pem_x509_certificate((ca / "issuing.crt").read_bytes())
    issuer = Issuer(certificate, key_store.read_key(ca / "issuing.key", None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "_subject", lambda _name, _location: subject)
        who = CertificateSubject(CertificateKind.DEVICE, "odd", "KX-01")
        until = {"at": datetime.now(UTC), "lifetime": timedelta(days=1)}
        signed = profiles.build_leaf(who, key.public_key(), issuer, **until)
    return house.file(signed, key)


@pytest.mark.broker
def test_a_reload_forgets_neither_the_guard_nor_kept_sessions(another_house):
    house = another_house
    fleet = house.visitor(house.equip(CertificateKind.SERVICE, "service:fleet")).join()
    keeper = house.certify("keeper")
    away = house.visitor(keeper, clean=False, version=mqtt.MQTTv311).join()
    away.listens("$aws/things/keeper/#")
    away.leave()
    assert fleet.says(NOTIFY.format("keeper"))

    thief = house.certify("thief")  # whose rules make Mosquitto read everything again
    house.wait_until(lambda: "user thief\n" in house.settings.access_file.read_text())
    present = house.visitor(thief).join()
    house.wait_until(lambda: present.says(MINE.format("thief")))

    assert house.visitor(thief, client_id="keeper").is_refused()
    assert fleet.lost.empty()
    back = house.visitor(keeper, clean=False, version=mqtt.MQTTv311).join()
    assert back.heard.get(timeout=PATIENCE_S) == NOTIFY.format("keeper")


@pytest.mark.broker
def test_the_stream_comes_in_under_its_certificates_name(house, victim):
    entry = house.equip(CertificateKind.SERVICE, "service:stream.3")
    trust, stem = house.authority.folder / "trust.pem", house.folder / entry.serial
    parser = argparse.ArgumentParser()
    stream.add_arguments(parser)
    told = ["--broker", f"mqtts://localhost:{house.settings.port}", "--ca", str(trust)]
    told += ["--cert", f"{stem}.crt", "--key", f"{stem}.key"]
    arguments = parser.parse_args(told)
    source = stream._mqtt(arguments, settings.read(arguments))
    topic = MINE.format("victim")

    def hears():
        victim.says(topic)
        return any(one.topic == topic for one in source.receive(BatchLimits(idle_s=0.2)))

    house.wait_until(hears)
    source.close()


@pytest.mark.broker
def test_a_will_is_said_when_a_line_breaks_and_not_by_who_was_refused(house, fleet):
    topic = "$aws/things/{}/shadow/update"
    fleet.listens("$aws/things/+/shadow/update", NOTIFY.format("+"))
    entry = house.certify("willing")
    refused = house.visitor(entry, client_id="victim")
    refused.client.will_set(topic.format("willing"), b"{}", qos=1)
    assert refused.is_refused()
    assert fleet.says(NOTIFY.format("end"))
    assert fleet.has_heard(NOTIFY.format("end")) == [NOTIFY.format("end")]

    breaking = house.visitor(entry)
    breaking.client.will_set(topic.format("willing"), b"{}", qos=1)
    breaking.join()
    house.wait_until(lambda: breaking.says(MINE.format("willing")))
    breaking.client.socket().shutdown(2)
    assert topic.format("willing") in fleet.has_heard(topic.format("willing"))


@pytest.mark.broker
def test_without_a_guard_another_id_has_no_effect_and_the_audit_says_that_it_will_not_tell(
    unguarded_house,
):
    house = unguarded_house
    house.wait_for_audit("broker.no_auth_plugin")
    victim = house.visitor(house.certify("victim")).join()
    thief = house.visitor(house.certify("thief"), client_id="victim").join()
    house.wait_until(lambda: thief.says(MINE.format("thief")))
    assert not thief.says(MINE.format("victim"))
    assert victim.lost.empty()


def test_the_guard_is_found_where_it_was_named_before_where_it_usually_is(tmp_path, monkeypatch):
    named_one, in_environment, usual = (tmp_path / name for name in "abc")
    for path in (named_one, in_environment, usual):
        path.touch()
    monkeypatch.setattr(auth_plugin, "DEFAULT_PATHS", (usual,))
    assert (
        auth_plugin.find_plugin(named_one, {auth_plugin.VARIABLE: str(in_environment)}) == named_one
    )
    assert (
        auth_plugin.find_plugin(None, {auth_plugin.VARIABLE: str(in_environment)}) == in_environment
    )
    assert auth_plugin.find_plugin(None, {}) == usual
    with pytest.raises(BrokerError, match="no auth plugin at /nowhere: compile it"):
        auth_plugin.find_plugin(Path("/nowhere"), {})


def test_a_broker_does_not_start_without_its_guard_unless_told(tmp_path, now):
    create_authority(tmp_path / "ca", name="Test", secret=None, at=now())
    command = [sys.executable, "-m", "provisioning", "broker", "--dir", tmp_path]
    command += ["--user", Path("/proc/self").owner(), "--auth-plugin", tmp_path / "auth_plugin.so"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert f"no auth plugin at {tmp_path}/auth_plugin.so: compile it (sh " in outcome.stderr
    assert not (tmp_path / "mosquitto.conf").exists()


@pytest.mark.broker
def test_a_guard_that_cannot_be_loaded_keeps_everybody_out(another_house):
    house = another_house
    entry = house.certify("early")
    house.visitor(entry).join()
    house.settings.auth_plugin_file.unlink()
    house.settings.auth_plugin_file.write_bytes(b"not a library")
    os.kill(house.supervisor.process_id, signal.SIGKILL)
    house.wait_for_audit("broker.died")
    house.wait_until(
        lambda: any(
            "exit code" in one["detail"] and "Unable to load" in one["detail"]
            for one in house.audit()
        )
    )
