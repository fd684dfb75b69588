"""How many days the certificates of a connection still hold, and whose they are."""

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
"""Of a lifetime. Renewal begins when a half to a third is left, so less means that it fails."""


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
    whose: DeviceAddress,
    thresholds: ValidityThresholds = DEFAULT_THRESHOLDS,
) -> CheckResult:
    """Whose certificate the broker is shown, and how long it holds."""
    if broker.certificate is None:
        return ok("none is shown" if broker.tls else "none is needed without TLS")
    mine = _certificates(broker.certificate, "--cert")[0]
    judged = _validity(mine, now, thresholds, RENEW_REMEDY)
    stranger = _stranger(mine, whose)
    if judged.level == 0 and stranger:
        return warning(
            f"{judged.found}; {stranger}",
            "our own broker and AWS IoT refuse that: give this device's certificate",
        )
    return judged


def _stranger(mine: x509.Certificate, whose: DeviceAddress) -> str:
    """In what the certificate differs from the device that shows it."""
    names = [one.value for one in mine.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [whose.device]:
        return f"not of {whose.device}"
    place = read_location(mine)
    return f"for {place}, not for {whose.location}" if place not in (None, whose.location) else ""


def check_authority_certificates(
    broker: BrokerEndpoint, now: datetime, thresholds: ValidityThresholds = DEFAULT_THRESHOLDS
) -> CheckResult:
    """How long the authorities hold that this device trusts as its broker's."""
    if not broker.tls:
        return ok("none is needed without TLS")
    if broker.ca is None:
        return ok("those of the system")
    remedy = "get the authority's new certificate for --ca"
    found = [_validity(one, now, thresholds, remedy) for one in _certificates(broker.ca, "--ca")]
    graver = max(found, key=lambda verdict: verdict.level)
    all_bad = all(verdict.level == graver.level for verdict in found)
    if graver.level == 2 and not all_bad:
        return warning(graver.found, f"remove it from {broker.ca}")
    return graver


def _certificates(path: Path, option: str) -> list[x509.Certificate]:
    try:
        found = list(_pem(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificate in PEM"
        raise LinkError(f"certificate {path}: {reason}; give {option} a PEM") from None
    return found


def _pem(path: Path) -> Iterator[x509.Certificate]:
    yield from x509.load_pem_x509_certificates(path.read_bytes())


def _validity(
    shown: x509.Certificate, now: datetime, thresholds: ValidityThresholds, remedy: str
) -> CheckResult:
    whose = shown.subject.rfc4514_string() or "nobody"
    begins_at, ends_at = shown.not_valid_before_utc, shown.not_valid_after_utc
    if now < begins_at:
        return failure(
            f"{whose} is valid from {begins_at:%Y-%m-%d %H:%M} UTC, it is {now:%Y-%m-%d %H:%M}",
            "set the clock",
        )
    left = ends_at - now
    found = f"{whose}, {left.days} days left, until {ends_at:%Y-%m-%d}"
    if left <= timedelta(0):
        return failure(f"{whose} expired on {ends_at:%Y-%m-%d}", f"{remedy}; or set the clock")
    if left < timedelta(days=thresholds.fail_days):
        return failure(found, remedy)
    if left < _warned_below(ends_at - begins_at, thresholds):
        return warning(found, remedy)
    return ok(found)


def _warned_below(lifetime: timedelta, thresholds: ValidityThresholds) -> timedelta:
    if thresholds.warn_days is not None:
        return timedelta(days=thresholds.warn_days)
    return min(timedelta(days=WARN_DAYS), lifetime * SHORTEST_SHARE)
