"""Certificate profiles: subject, permitted use and lifetime of each kind of certificate.

A device certificate holds the device id in the CN and its location in the OU. Device, service and
claim certificates authenticate clients only, server certificates servers only. Service names
contain a colon, which no device id can. Claim certificates have an issuer of their own, which the
telemetry broker does not trust.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

ORGANISATION: Final = "Onlooker"
CLOCK_SLACK: Final = timedelta(minutes=5)  # a camera's clock may be slow
SERVICE_PREFIX: Final = "service:"
ROLES: Final = ("stream", "fleet", "watch", "retail", "shops")
"""Of services; `access_rules.py` lists what each may do."""


class CertificateKind(StrEnum):
    """Who holds the certificate."""

    DEVICE = "device"
    SERVICE = "service"
    SERVER = "server"
    CLAIM = "claim"


LIFETIME: Final = {
    CertificateKind.DEVICE: timedelta(days=30),
    CertificateKind.SERVICE: timedelta(days=90),
    CertificateKind.SERVER: timedelta(days=90),
    CertificateKind.CLAIM: timedelta(days=365),
}
MAX_LIFETIME: Final = {
    CertificateKind.DEVICE: timedelta(days=90),
    CertificateKind.SERVICE: timedelta(days=366),
    CertificateKind.SERVER: timedelta(days=366),
    CertificateKind.CLAIM: timedelta(days=3 * 366),
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """A signing key with its certificate."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class CertificateSubject:
    """Holder of a certificate. `hosts` are the names and addresses of a server."""

    kind: CertificateKind
    name: str
    location: str | None = None
    hosts: tuple[str, ...] = ()


def build_authority(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    at: datetime,
    lifetime: timedelta,
    under: Issuer | None = None,
    depth: int = 0,
) -> x509.Certificate:
    """Build a certificate that may sign others; without `under` it is self-signed."""
    subject = _subject(name)
    builder = (
        _builder(subject, under.certificate.subject if under else subject, key.public_key())
        .not_valid_before(at - CLOCK_SLACK)
        .not_valid_after(at + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    signer = under.key if under else key
    issuer_key = signer.public_key()
    return _with_key_identifiers(builder, key.public_key(), issuer_key).sign(
        signer, hashes.SHA256()
    )


def build_leaf(
    who: CertificateSubject,
    key: ec.EllipticCurvePublicKey,
    issuer: Issuer,
    *,
    at: datetime,
    lifetime: timedelta,
) -> x509.Certificate:
    """Build the certificate of a device, service, server or claim.

    It expires with its issuer if that is earlier.
    """
    purpose = (
        ExtendedKeyUsageOID.SERVER_AUTH
        if who.kind is CertificateKind.SERVER
        else ExtendedKeyUsageOID.CLIENT_AUTH
    )
    until = min(at + lifetime, issuer.certificate.not_valid_after_utc)
    builder = (
        _builder(_subject(who.name, who.location), issuer.certificate.subject, key)
        .not_valid_before(at - CLOCK_SLACK)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    )
    if who.hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in who.hosts])
        builder = builder.add_extension(names, critical=False)
    identified = _with_key_identifiers(builder, key, issuer.key.public_key())
    return identified.sign(issuer.key, hashes.SHA256())


def subject_attribute(certificate: x509.Certificate, oid: ObjectIdentifier) -> str | None:
    """An attribute of a certificate's subject, such as its common name; None if it has none."""
    attributes = certificate.subject.get_attributes_for_oid(oid)
    return str(attributes[0].value) if attributes else None


def _subject(name: str, location: str | None = None) -> x509.Name:
    unit = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, location)] if location else []
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            *unit,
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
    )


def _with_key_identifiers(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
    return builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key), critical=False
    ).add_extension(above, critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
