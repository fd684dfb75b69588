"""The privacy settings that a camera states, and the signature of its statement."""

import subprocess
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import UNSET, structs

from edge_agent.privacy.egress_filter import examine_document
from edge_agent.privacy.manifest import ManifestError, build_manifest, is_signed_by, sign_manifest
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import parse
from wire.audience import Versions
from wire.fleet.privacy_manifest import SignedManifest, canonical

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VERSIONS = Versions(agent="0.1.0", detector="f:1", attention="a:1", config="3f2a")
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def pem(key, form=serialization.PrivateFormat.PKCS8):
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


@pytest.fixture(scope="module")
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def manifest(address):
    return build_manifest(Settings(), address, VERSIONS, NOON)


def test_by_default_nothing_is_on(manifest):
    assert not manifest.demographics
    assert not manifest.recorder
    assert not manifest.preview
    assert manifest.remote_preview is UNSET
    assert (manifest.recording_ms, manifest.smallest_cell) == (0, 5)
    assert manifest.leaves == ("audience", "heartbeat", "alarm", "status")


def test_what_is_switched_on_is_stated(address):
    settings = parse(
        "[recorder]\non = true\ndays = 2\n[status]\nport = 8080\npreview = true\n"
        "[privacy]\nremote_preview = true\n"
        "[capture]\nmasks = [[[0, 0], [0.5, 0], [0, 0.5]]]\n"
    )
    manifest = build_manifest(settings, address, VERSIONS, NOON)
    assert (manifest.recorder, manifest.recording_ms) == (True, 2 * 86_400_000)
    assert (manifest.preview, manifest.remote_preview, manifest.masks) == (True, True, 1)


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
@pytest.mark.parametrize("order", ["key alone", "key first", "certificate first"])
def test_the_devices_key_signs_and_its_public_half_proves_it(manifest, key, form, order):
    text = pem(key, getattr(serialization.PrivateFormat, form))
    text = {"key alone": text, "key first": text + CERTIFICATE}.get(order, CERTIFICATE + text)
    signed = sign_manifest(manifest, text)
    assert is_signed_by(signed, key.public_key())


def test_a_manifest_of_another_key_or_with_a_change_is_invalid(manifest, key):
    signed = sign_manifest(manifest, pem(key))
    assert not is_signed_by(signed, ec.generate_private_key(ec.SECP256R1()).public_key())
    forged = structs.replace(signed, manifest=structs.replace(manifest, smallest_cell=2))
    assert not is_signed_by(forged, key.public_key())
    assert not is_signed_by(structs.replace(signed, signature="A" * 96), key.public_key())


def test_a_manifest_can_be_verified_with_other_software(manifest, key, tmp_path):
    signed = sign_manifest(manifest, pem(key))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    (tmp_path / "key.pem").write_bytes(public)
    (tmp_path / "manifest.json").write_bytes(canonical(signed.manifest))
    script = f"echo {signed.signature} | base64 -d > signature.der && openssl dgst -sha256 "
    script += "-verify key.pem -signature signature.der manifest.json"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "Verified OK", done.stderr


def test_it_survives_the_wire_and_passes_the_gate(manifest, key):
    signed = sign_manifest(manifest, pem(key))
    assert msgspec.json.decode(msgspec.json.encode(signed), type=SignedManifest) == signed
    examine_document({"state": {"reported": {"manifest": signed}}}, largest_bytes=8192)


@pytest.mark.parametrize("content", [b"", b"nothing", CERTIFICATE])
def test_without_a_key_nothing_is_signed(manifest, content):
    with pytest.raises(ManifestError, match="no private key"):
        sign_manifest(manifest, content)


def test_another_kind_of_key_is_refused(manifest):
    with pytest.raises(ManifestError, match="elliptic curve"):
        sign_manifest(manifest, pem(rsa.generate_private_key(65_537, 2_048)))
