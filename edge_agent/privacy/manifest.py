"""The privacy manifest of this camera, from its settings, signed with its key."""

import base64
import hashlib
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.privacy.egress_filter import ALLOWED_MESSAGES
from edge_agent.settings.camera_settings import Settings
from wire.audience import Versions
from wire.privacy_manifest import PrivacyManifest, SignedManifest, canonical
from wire.topics import DeviceAddress

MILLISECOND = timedelta(milliseconds=1)


class ManifestError(RuntimeError):
    """A key that cannot sign: what was found, what was wanted."""


def build_manifest(
    settings: Settings, address: DeviceAddress, versions: Versions, issued_at: datetime
) -> PrivacyManifest:
    """What is switched on."""
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
        leaves=tuple(map(str, ALLOWED_MESSAGES)),
    )


def sign_manifest(manifest: PrivacyManifest, key_pem: bytes) -> SignedManifest:
    """Sign with the device's key; the PEM may hold its certificate too. ManifestError if not."""
    try:
        key = serialization.load_pem_private_key(_key_alone(key_pem), password=None)
    except (ValueError, TypeError) as error:
        raise ManifestError(f"no private key in the PEM: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ManifestError(f"a key of {type(key).__name__}: an elliptic curve's is wanted")
    signature = key.sign(canonical(manifest), ec.ECDSA(hashes.SHA256()))
    return SignedManifest(
        manifest=manifest,
        key=_name_of(key.public_key()),
        signature=base64.b64encode(signature).decode(),
    )


def is_signed_by(said: SignedManifest, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether the holder of this key said exactly this."""
    if said.key != _name_of(key):
        return False
    try:
        signature = base64.b64decode(said.signature, validate=True)
        key.verify(signature, canonical(said.manifest), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _name_of(key: ec.EllipticCurvePublicKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()[:16]


def _key_alone(pem: bytes) -> bytes:
    """The PEM from its private key on; a certificate may stand before it."""
    start = max(pem.find(b"-----BEGIN PRIVATE"), pem.find(b"-----BEGIN EC PRIVATE"))
    return pem[max(start, 0) :]
