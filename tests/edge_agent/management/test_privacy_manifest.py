"""A camera's privacy as the fleet comes to know it, in the shadow that the real service keeps."""

from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cloud.fleet.shadows import shadow as engine
from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.management_thread import ManagementThread
from edge_agent.management.mqtt_rpc import RpcRequest
from edge_agent.management.privacy_manifest import ManifestReporter
from edge_agent.privacy.manifest import is_signed_by
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import parse
from wire.audience import Versions
from wire.privacy_manifest import SignedManifest

DEVICE = "kx-01-cam-1"
TOPIC = f"$aws/things/{DEVICE}/shadow/name/privacy/update"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Fleet:
    """The line, and the shadow at its end; it may be deaf."""

    def __init__(self):
        self.shadow, self.said, self.inbox = engine.Shadow(), [], []
        self.connected, self.sessions, self.deaf = True, 1, False

    def publish(self, topic, payload):
        assert topic == TOPIC
        body = msgspec.json.decode(payload)
        self.said.append(body)
        if not self.deaf:
            update = engine.ShadowUpdate(body["state"])
            self.shadow = engine.apply_update(self.shadow, update, at=len(self.said)).shadow
            self.inbox.append((f"{TOPIC}/accepted", {"clientToken": body["clientToken"]}))
        return True

    def take_messages(self):
        heard, self.inbox = self.inbox, []
        return [(topic, msgspec.json.encode(body)) for topic, body in heard]

    @property
    def declared(self):
        return msgspec.convert(self.shadow.state["reported"]["manifest"], SignedManifest)


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def identity(tmp_path, key):
    folder = IdentityFolder(tmp_path)
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    folder.pair.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    belonging = {"device": DEVICE, "location": "KX-01", "broker": "mqtts://b", "desk": "mqtts://d"}
    (tmp_path / "identity.json").write_bytes(msgspec.json.encode(belonging))
    return folder


@pytest.fixture
def fleet():
    return Fleet()


@pytest.fixture
def settings():
    """What is in force, first in the list."""
    return [Settings()]


@pytest.fixture
def declaration(identity, fleet, settings):
    return ManifestReporter(
        identity,
        fleet,
        settings=lambda: settings[0],
        versions=lambda one: Versions(agent="1", detector="d", attention="a", config=one.digest),
        clock=lambda: NOON,
    )


class Quiet:
    def handle_message(self, topic, body, now_s):
        raise AssertionError(topic)

    def pump(self, now_s):
        pass


class Deaf(Quiet):
    def handle_message(self, topic, body, now_s):
        pass


def test_what_is_on_is_declared_and_signed(declaration, fleet, key):
    ManagementThread(DEVICE, fleet, shadow=Deaf(), jobs=Quiet(), manifest=declaration).step()
    assert is_signed_by(fleet.declared, key.public_key())
    assert fleet.declared.manifest.recorder is False
    assert fleet.declared.manifest.device == DEVICE


def test_it_is_declared_once_for_each_connection_and_each_change(declaration, fleet, settings):
    thread = ManagementThread(DEVICE, fleet, shadow=Deaf(), manifest=declaration)
    for _ in range(5):
        thread.step()
    assert len(fleet.said) == 1
    fleet.sessions = 2
    thread.step()
    settings[0] = parse("[recorder]\non = true\n")
    for _ in range(5):
        thread.step()
    assert len(fleet.said) == 3
    assert fleet.declared.manifest.recorder is True


def test_a_declaration_that_nobody_heard_is_made_again(declaration, fleet):
    fleet.deaf = True
    for second in range(12):
        declaration.pump(float(second))
    assert len(fleet.said) == 2
    assert fleet.said[0] == fleet.said[1]


def test_without_a_connection_nothing_is_signed(declaration, fleet):
    fleet.connected = False
    declaration.pump(0.0)
    assert fleet.said == []


def test_a_lost_key_is_told_of_and_nothing_falls(declaration, fleet, identity, caplog):
    identity.pair.unlink()
    declaration.pump(0.0)
    assert [record.message for record in caplog.records] == ["privacy.manifest_not_signed"]
    assert fleet.said == []


def test_a_declaration_passes_the_gate_and_little_else_that_looks_like_a_signature(fleet, caplog):
    inquiry = RpcRequest(fleet)
    inquiry.send_request(TOPIC, {"state": {"reported": {"note": "AbC1" * 20}}}, 0.0)
    assert not inquiry.is_open
    assert [record.message for record in caplog.records] == ["management.request_blocked"]
