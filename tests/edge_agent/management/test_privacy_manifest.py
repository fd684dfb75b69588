"""A camera reports its signed privacy manifest to the shadow that the cloud keeps."""

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
from wire.fleet.privacy_manifest import SignedManifest

DEVICE = "kx-01-cam-1"
TOPIC = f"$aws/things/{DEVICE}/shadow/name/privacy/update"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class PrivacyShadowService:
    """A link and the privacy shadow at its end; `responds` may be false."""

    def __init__(self):
        self.shadow, self.sent, self.inbox = engine.Shadow(), [], []
        self.connected, self.sessions, self.responds = True, 1, True

    def publish(self, topic, payload):
        assert topic == TOPIC
        body = msgspec.json.decode(payload)
        self.sent.append(body)
        if self.responds:
            update = engine.ShadowUpdate(body["state"])
            self.shadow = engine.apply_update(self.shadow, update, at=len(self.sent)).shadow
            self.inbox.append((f"{TOPIC}/accepted", {"clientToken": body["clientToken"]}))
        return True

    def take_messages(self):
        messages, self.inbox = self.inbox, []
        return [(topic, msgspec.json.encode(body)) for topic, body in messages]

    @property
    def manifest_reported(self):
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
    content = {"device": DEVICE, "location": "KX-01", "broker": "mqtts://b", "desk": "mqtts://d"}
    (tmp_path / "identity.json").write_bytes(msgspec.json.encode(content))
    return folder


@pytest.fixture
def service():
    return PrivacyShadowService()


@pytest.fixture
def settings():
    """The current settings, first in the list."""
    return [Settings()]


@pytest.fixture
def reporter(identity, service, settings):
    return ManifestReporter(
        identity,
        service,
        settings=lambda: settings[0],
        versions=lambda one: Versions(agent="1", detector="d", attention="a", config=one.digest),
        clock=lambda: NOON,
    )


class UnusedHandler:
    def handle_message(self, topic, body, now_s):
        raise AssertionError(topic)

    def pump(self, now_s):
        pass


class IgnoringHandler(UnusedHandler):
    def handle_message(self, topic, body, now_s):
        pass


def test_the_manifest_is_reported_and_signed(reporter, service, key):
    ManagementThread(
        DEVICE, service, shadow=IgnoringHandler(), jobs=UnusedHandler(), manifest=reporter
    ).step()
    assert is_signed_by(service.manifest_reported, key.public_key())
    assert service.manifest_reported.manifest.recorder is False
    assert service.manifest_reported.manifest.device == DEVICE


def test_the_manifest_is_reported_once_for_each_connection_and_each_change(
    reporter, service, settings
):
    thread = ManagementThread(DEVICE, service, shadow=IgnoringHandler(), manifest=reporter)
    for _ in range(5):
        thread.step()
    assert len(service.sent) == 1
    service.sessions = 2
    thread.step()
    settings[0] = parse("[recorder]\non = true\n")
    for _ in range(5):
        thread.step()
    assert len(service.sent) == 3
    assert service.manifest_reported.manifest.recorder is True


def test_a_manifest_without_a_response_is_published_again(reporter, service):
    service.responds = False
    for second in range(12):
        reporter.pump(float(second))
    assert len(service.sent) == 2
    assert service.sent[0] == service.sent[1]


def test_without_a_connection_nothing_is_signed(reporter, service):
    service.connected = False
    reporter.pump(0.0)
    assert service.sent == []


def test_a_missing_key_is_logged_and_raises_nothing(reporter, service, identity, caplog):
    identity.pair.unlink()
    reporter.pump(0.0)
    assert [record.message for record in caplog.records] == ["privacy.manifest_not_signed"]
    assert service.sent == []


def test_encoded_data_outside_the_manifest_is_blocked_by_the_egress_filter(service, caplog):
    request = RpcRequest(service)
    request.send_request(TOPIC, {"state": {"reported": {"note": "AbC1" * 20}}}, 0.0)
    assert not request.is_open
    assert [record.message for record in caplog.records] == ["management.request_blocked"]
