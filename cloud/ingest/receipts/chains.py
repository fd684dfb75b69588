"""The chain of certificates that a device sends with a receipt: whose it is, before it is stored.

Validity and root are verified when the receipt is appended to the log. Here it is only established
that the chain is of the device that sent it, so that no device stores a chain for another one.
"""

import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

FIRST_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]{1,8000})-----END CERTIFICATE-----"
)
LONGEST_NAME: Final = 64  # of X.520


class CertificateError(ValueError):
    """A certificate that cannot be read."""


@dataclass(frozen=True, slots=True)
class ChainOwner:
    """The id of a chain's first certificate, and the device that it is of."""

    keyid: str
    device: str


def read_owner(chain: str) -> ChainOwner | None:
    """Whose chain in PEM it is; None where its first certificate cannot be read."""
    found = FIRST_CERTIFICATE.match(chain)
    try:
        der = b64decode(found[1]) if found else b""
        leaf = decode_certificate(der)
    except ValueError:
        return None
    return ChainOwner(hashlib.sha256(der).hexdigest(), read_device(leaf))


def decode_certificate(der: bytes) -> x509.Certificate:
    """The certificate in DER; raises CertificateError."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError(f"no certificate: {error}") from None


def read_device(leaf: x509.Certificate) -> str:
    """The device that a certificate is of: its common name; empty where it has not one."""
    try:
        names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:  # the subject is read only now
        return ""
    name = str(names[0].value) if len(names) == 1 else ""
    return name if len(name) <= LONGEST_NAME and name.isprintable() else ""
