"""The privacy manifest of a camera: built from its settings, signed with its key."""

import base64
import hashlib
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import UNSET

from edge_agent.privacy.egress_filter import ALLOWED_MESSAGES
from edge_agent.settings.camera_settings import Settings
from wire.audience import Versions
from wire.fleet.privacy_manifest import PrivacyManifest, SignedManifest, canonical
from wire.topics import DeviceAddress

MILLISECOND = timedelta(milliseconds=1)


class ManifestError(RuntimeError):
    """The key cannot sign: what was found, what was expected."""


def build_manifest(
    settings: Settings, address: DeviceAddress, versions: Versions, issued_at: datetime
) -> PrivacyManifest:
    """The manifest of the effective settings."""
    recorder = settings.recorder
    return PrivacyManifest(
        device=address.device,
        location=address.location,
        issued_at=issued_at,
        versions=versions,
        report_interval_ms=settings.interval_s * 1000,
        demographics=settings.privacy.demographics,
        emotion=settings.privacy.emotion,
        smallest_cell=settings.privacy.smallest_cell,
        masks=len(settings.capture.masks),
        recorder=recorder.on,
        recording_ms=timedelta(days=recorder.days) // MILLISECOND if recorder.on else 0,
        preview=settings.status.preview and settings.status.port > 0,
        remote_preview=settings.privacy.remote_preview or UNSET,
        leaves=tuple(map(str, ALLOWED_MESSAGES)),
    )


def sign_manifest(manifest: PrivacyManifest, key_pem: bytes) -> SignedManifest:
    """Sign with the device key; the PEM may also contain its certificate. Raises ManifestError."""
    try:
        key = serialization.load_pem_private_key(_private_key_part(key_pem), password=None)
    except (ValueError, TypeError) as error:
        raise ManifestError(f"no private key in the PEM: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ManifestError(f"a key of {type(key).__name__}: expected an elliptic curve key")
    signature = key.sign(canonical(manifest), ec.ECDSA(hashes.SHA256()))
    return SignedManifest(
        manifest=manifest,
        key=_key_id(key.public_key()),
        signature=base64.b64encode(signature).decode(),
    )


def is_signed_by(signed_manifest: SignedManifest, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether this key signed exactly this manifest."""
    if signed_manifest.key != _key_id(key):
        return False
    try:
        signature = base64.b64decode(signed_manifest.signature, validate=True)
        key.verify(signature, canonical(signed_manifest.manifest), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _key_id(key: ec.EllipticCurvePublicKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()[:16]


def _private_key_part(pem: bytes) -> bytes:
    """The PEM from its private key on, without a certificate before it."""
    start = max(pem.find(b"-----BEGIN PRIVATE"), pem.find(b"-----BEGIN EC PRIVATE"))
    return pem[max(start, 0) :]
