"""Inputs of an enrolment: the bootstrap (claim) certificate, the clock, the serial number."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from edge_agent.identity.certificates import read_certificate
from edge_agent.transport.broker import BrokerEndpoint
from edge_agent.wall_clock import EARLIEST_AT
from wire.hosts import AddressError, parse_host_and_port

ENROLMENT_PORT: Final = 8884
SERIAL_FILE: Final = Path("/proc/device-tree/serial-number")  # exists on single-board computers


class EnrolError(RuntimeError):
    """The camera cannot be enrolled: why, what to do."""


@dataclass(frozen=True, slots=True)
class ClaimCertificate:
    """The bootstrap certificate of a batch of cameras, its key, and the trusted authority."""

    certificate: Path
    key: Path
    trust: Path


def load_claim(
    path: Path, *, key: Path | None = None, trust: Path | None = None
) -> ClaimCertificate:
    """Load a claim: the key is in the same PEM file or beside it, the authority beside it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EnrolError(f"the claim {path} cannot be read: {error.strerror}") from error
    if key is None:
        key = path if b"PRIVATE KEY" in content else path.with_suffix(".key")
    if not key.exists():
        raise EnrolError(f"the claim {path} contains no key and there is no file {key}: give --key")
    trust = trust or path.with_name("trust.pem")
    if not trust.exists():
        raise EnrolError(
            f"no {trust}: give the authority of broker and enrolment service with --ca"
        )
    return ClaimCertificate(path, key, trust)


def format_server(server: str) -> str:
    """`host[:port]` with the port."""
    host, port = _host_and_port(server)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host_and_port(server: str) -> tuple[str, int]:
    try:
        host, port = parse_host_and_port(server)
    except AddressError as error:
        raise EnrolError(f"enrolment service: {error}") from None
    if not host:
        raise EnrolError("the enrolment service has no host: give host or host:port")
    return host, port or ENROLMENT_PORT


def enrolment_server(server: str, *, trust: Path, certificate: Path, key: Path) -> BrokerEndpoint:
    """Address and certificates of the enrolment service."""
    host, port = _host_and_port(server)
    return BrokerEndpoint(host, port, tls=True, ca=trust, certificate=certificate, key=key)


def check_clock(certificate: Path, now: datetime) -> None:
    """Raise EnrolError for a wrong clock or an expired certificate."""
    found = read_certificate(certificate)
    if now < EARLIEST_AT or now < found.not_valid_before_utc:
        raise EnrolError(
            f"this camera's clock says {now:%Y-%m-%d %H:%M} UTC, before {certificate.name} was "
            f"created ({found.not_valid_before_utc:%Y-%m-%d}): set the clock, or let NTP do it"
        )
    if now >= found.not_valid_after_utc:
        raise EnrolError(
            f"{certificate.name} expired on {found.not_valid_after_utc:%Y-%m-%d} (this camera's "
            f"clock says {now:%Y-%m-%d %H:%M} UTC): get a new claim certificate, or set the clock"
        )


def read_serial_number(path: Path = SERIAL_FILE) -> str | None:
    """The serial number of the board; None where it has none."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip("\0\n ") or None
    except OSError:
        return None
