"""Signed lists of revoked certificates.

OpenSSL rejects every certificate once the list has expired, so a list is valid for 30 days and is
written again every day. Of two lists of one issuer OpenSSL uses the one with the later
`last_update`, which has whole seconds and must not be in the future.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from provisioning.authority.profiles import Issuer
from provisioning.authority.register import CertificateRecord

LIFETIME: Final = timedelta(days=30)
RENEW_AFTER: Final = timedelta(days=1)
REASONS: Final = {
    "unspecified": x509.ReasonFlags.unspecified,
    "key-compromise": x509.ReasonFlags.key_compromise,
    "superseded": x509.ReasonFlags.superseded,
    "cessation": x509.ReasonFlags.cessation_of_operation,
    "withdrawn": x509.ReasonFlags.privilege_withdrawn,
}


class ReasonError(ValueError):
    """A reason that revocation lists do not define."""


def validate_reason(word: str) -> str:
    """Return the reason if it is one of `REASONS`."""
    if word not in REASONS:
        raise ReasonError(f"reason {word[:40]!r}: wanted one of {', '.join(REASONS)}")
    return word


def sign_list(
    entries: Iterable[CertificateRecord], issuer: Issuer, *, number: int, at: datetime
) -> x509.CertificateRevocationList:
    """Sign the list of one issuer. Expired certificates are left out."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + LIFETIME)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
    for entry in entries:
        if entry.revoked_at is not None and entry.ends_at > at:
            builder = builder.add_revoked_certificate(_revoked_entry(entry, entry.revoked_at))
    return builder.sign(issuer.key, hashes.SHA256())


def _revoked_entry(entry: CertificateRecord, revoked_at: datetime) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(int(entry.serial, 16))
        .revocation_date(revoked_at)
        .add_extension(x509.CRLReason(REASONS[entry.reason or "unspecified"]), critical=False)
        .build()
    )


def read_serials(pem: bytes) -> frozenset[str]:
    """The serial numbers in all lists of one file."""
    head = b"-----BEGIN X509 CRL-----"
    lists = [x509.load_pem_x509_crl(head + part) for part in pem.split(head)[1:]]
    return frozenset(f"{taken.serial_number:x}" for one in lists for taken in one)


def is_stale(pem: bytes, *, at: datetime) -> bool:
    """Whether the list is a day old and should be written again."""
    return at - x509.load_pem_x509_crl(pem).last_update_utc >= RENEW_AFTER
