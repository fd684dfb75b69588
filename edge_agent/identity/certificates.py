"""Certificate signing requests, certificates and keys in PEM."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_agent.identity.errors import IdentityError
from wire.scalars import DeviceId, LocationId


def create_signing_request(device: DeviceId, key: ec.EllipticCurvePrivateKey) -> str:
    """A certificate signing request that holds only the device name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file; raises IdentityError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise IdentityError(
            f"no certificate can be read in {path} ({error}): correct it"
        ) from error


def read_location(certificate: x509.Certificate) -> LocationId | None:
    """The location in a device certificate of our own authority; AWS certificates have none."""
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return LocationId(str(units[0].value)) if units else None


def private_key_from_pem(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The EC P-256 key in PEM; raises ValueError for any other content."""
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"a key of type {type(key).__name__}, expected EC P-256")
    if not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"a key on the curve {key.curve.name}, expected EC P-256")
    return key


def private_key_to_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key in PEM (PKCS 8), without a password."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
