"""Keys and self-signed certificates of cameras."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def create_certificate():
    """A certificate in PEM, self-signed, for 30 days from noon."""

    def create(key, *, name="kx-01-cam-1", location=None):
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if location is not None:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, location))
        subject = x509.Name(attributes)
        ends_at = NOON + timedelta(days=30)
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, NOON, ends_at)
        signed = builder.sign(key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    return create


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())
