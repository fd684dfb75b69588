"""Certificates of devices: whether one signed an envelope, its device, its validity, its root."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.verification import (
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from cloud.ingest.receipts.chains import CertificateError, read_device
from wire.receipts.dsse import DsseError, Envelope, decode_base64

MAX_CHAIN: Final = 5


@dataclass(frozen=True)
class DeviceCertificate:
    """A device's certificate and those between it and the root."""

    leaf: x509.Certificate
    intermediates: tuple[x509.Certificate, ...] = ()

    @cached_property
    def keyid(self) -> str:
        """SHA-256 of the certificate in DER, in hexadecimal."""
        return self.leaf.fingerprint(hashes.SHA256()).hex()

    @cached_property
    def device(self) -> str:
        """The device that it is of: the common name of its subject; empty without one."""
        return read_device(self.leaf)

    @cached_property
    def public_key(self) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey | None:
        """The key, if it is of a kind that signs receipts."""
        try:
            key = self.leaf.public_key()
        except (ValueError, UnsupportedAlgorithm):
            return None
        return key if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) else None

    def has_signed(self, envelope: Envelope) -> bool:
        """Whether its key has signed the envelope."""
        key = self.public_key
        try:
            signature, content = decode_base64(envelope.signature.sig), envelope.signed_bytes
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
            elif key is not None:
                key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
        except (DsseError, InvalidSignature):
            return False
        return key is not None

    def find_time_fault(self, starts_at: datetime, ends_at: datetime) -> str:
        """Why it or an intermediate is not valid in all of an interval; empty when they are."""
        chain = (self.leaf, *self.intermediates)
        begins_at = max(one.not_valid_before_utc for one in chain)
        expires_at = min(one.not_valid_after_utc for one in chain)
        if starts_at < begins_at:
            return f"not valid before {begins_at:%Y-%m-%d %H:%M:%S}Z"
        if ends_at > expires_at:
            return f"expired at {expires_at:%Y-%m-%d %H:%M:%S}Z"
        return ""

    def find_chain_fault(self, roots: Sequence[x509.Certificate], at: datetime) -> str:
        """Why it does not lead to one of the roots at an instant; empty when it does."""
        try:
            policy = PolicyBuilder().store(Store(list(roots))).time(at.replace(tzinfo=None))
            policy = policy.extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_device_policy()
            )
            policy.build_client_verifier().verify(self.leaf, list(self.intermediates))
        except (VerificationError, ValueError) as error:
            return str(error).splitlines()[0][:200]
        return ""


def read_certificates(content: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates in PEM; raises CertificateError."""
    try:
        return tuple(x509.load_pem_x509_certificates(content))
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError(f"no certificates in PEM: {error}") from None


def to_device_certificate(chain: Sequence[x509.Certificate]) -> DeviceCertificate:
    """A device's certificate from its chain; raises CertificateError."""
    if not 1 <= len(chain) <= MAX_CHAIN:
        raise CertificateError(f"a chain of {len(chain)} certificates: expected 1 to {MAX_CHAIN}")
    return DeviceCertificate(chain[0], tuple(chain[1:]))


def _device_policy() -> ExtensionPolicy:
    """The rules for a device's certificate: any extensions, such as a critical key usage.

    The rules of the web require an alternative name, which devices do not have.
    """
    return ExtensionPolicy.permit_all()
