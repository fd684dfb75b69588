"""Checks validity and subject of the certificates of a connection."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID

from edge_agent.check.findings import CheckResult, failure, ok, warning
from edge_agent.identity.certificates import read_location
from edge_agent.transport.broker import BrokerEndpoint, LinkError
from wire.topics import DeviceAddress

WARN_DAYS: Final = 30
SHORTEST_SHARE: Final = 1 / 4
"""Of a lifetime. Renewal starts when half to a third is left; less means that renewal fails."""


class ValidityThresholds(NamedTuple):
    """Days left below which a certificate is a warning or a failure.

    Without `warn_days` it is 30 days, but a quarter of the lifetime for certificates that live
    120 days or less: those of our own authority live 30 days and are renewed automatically.
    """

    warn_days: float | None = None
    fail_days: float = 0.0


RENEW_REMEDY: Final = (
    "renew it: `python -m edge_agent enrol --cert FILE --broker HOST --device NAME`, or "
    "`python -m provisioning ca renew --dir CA --csr FILE --out DIR`"
)
DEFAULT_THRESHOLDS: Final = ValidityThresholds()


def check_device_certificate(
    broker: BrokerEndpoint,
    now: datetime,
    device: DeviceAddress,
    thresholds: ValidityThresholds = DEFAULT_THRESHOLDS,
) -> CheckResult:
    """Subject and validity of the device certificate."""
    if broker.certificate is None:
        return ok("no certificate is used" if broker.tls else "not needed without TLS")
    certificate = _certificates(broker.certificate, "--cert")[0]
    validity = _check_validity(certificate, now, thresholds, RENEW_REMEDY)
    mismatch = _find_mismatch(certificate, device)
    if validity.level == 0 and mismatch:
        return warning(
            f"{validity.found}; {mismatch}",
            "the broker rejects that: give the certificate of this device",
        )
    return validity


def _find_mismatch(certificate: x509.Certificate, owner: DeviceAddress) -> str:
    """How the certificate differs from the device that uses it."""
    names = [one.value for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [owner.device]:
        return f"not of {owner.device}"
    location = read_location(certificate)
    return (
        f"for {location}, not for {owner.location}"
        if location not in (None, owner.location)
        else ""
    )


def check_authority_certificates(
    broker: BrokerEndpoint, now: datetime, thresholds: ValidityThresholds = DEFAULT_THRESHOLDS
) -> CheckResult:
    """Validity of the certificate authorities that this device trusts."""
    if not broker.tls:
        return ok("not needed without TLS")
    if broker.ca is None:
        return ok("certificate authorities of the system")
    remedy = "get the new certificate of the authority for --ca"
    found = [
        _check_validity(one, now, thresholds, remedy) for one in _certificates(broker.ca, "--ca")
    ]
    worst = max(found, key=lambda result: result.level)
    all_bad = all(result.level == worst.level for result in found)
    if worst.level == 2 and not all_bad:
        return warning(worst.found, f"remove it from {broker.ca}")
    return worst


def _certificates(path: Path, option: str) -> list[x509.Certificate]:
    try:
        found = list(_load_pem(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificate in PEM"
        raise LinkError(f"certificate {path}: {reason}; give {option} a PEM") from None
    return found


def _load_pem(path: Path) -> Iterator[x509.Certificate]:
    yield from x509.load_pem_x509_certificates(path.read_bytes())


def _check_validity(
    certificate: x509.Certificate, now: datetime, thresholds: ValidityThresholds, remedy: str
) -> CheckResult:
    subject = certificate.subject.rfc4514_string() or "no subject"
    begins_at, ends_at = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < begins_at:
        return failure(
            f"{subject} is valid from {begins_at:%Y-%m-%d %H:%M} UTC, it is {now:%Y-%m-%d %H:%M}",
            "set the clock",
        )
    left = ends_at - now
    found = f"{subject}, {left.days} days left, until {ends_at:%Y-%m-%d}"
    if left <= timedelta(0):
        return failure(f"{subject} expired on {ends_at:%Y-%m-%d}", f"{remedy}; or set the clock")
    if left < timedelta(days=thresholds.fail_days):
        return failure(found, remedy)
    if left < _warned_below(ends_at - begins_at, thresholds):
        return warning(found, remedy)
    return ok(found)


def _warned_below(lifetime: timedelta, thresholds: ValidityThresholds) -> timedelta:
    if thresholds.warn_days is not None:
        return timedelta(days=thresholds.warn_days)
    return min(timedelta(days=WARN_DAYS), lifetime * SHORTEST_SHARE)
