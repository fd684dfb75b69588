"""Where the broker is, and with which certificates one goes there."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class LinkError(ValueError):
    """A broker address or certificate that cannot be used: what was found, what to give."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how this device proves itself. The password is never printed."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __repr__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def broker_at(
    url: str,
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> Broker:
    """Read `mqtt[s]://[user:password@]host[:port]`; certificates make sense with mqtts only."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise LinkError(f"broker address: {error}; give mqtt[s]://host:port") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise LinkError(
            f"broker address of scheme {parts.scheme!r} and host {parts.hostname!r}: "
            "give mqtt://host:port or mqtts://host:port"
        )
    tls = parts.scheme == "mqtts"
    if not tls and (ca or certificate or key):
        raise LinkError("certificates were given for an mqtt:// broker: use mqtts://")
    if bool(certificate) != bool(key):
        raise LinkError("a certificate needs its key and a key its certificate: give both")
    return Broker(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ca=ca,
        certificate=certificate,
        key=key,
    )


def tls_context(broker: Broker) -> ssl.SSLContext:
    """Trust and proof of one connection; LinkError when a file does not serve."""
    try:
        context = ssl.create_default_context(cafile=broker.ca)
        if broker.certificate and broker.key:
            context.load_cert_chain(broker.certificate, broker.key)
    except (OSError, ssl.SSLError) as error:
        raise LinkError(
            f"certificates for {broker!r} cannot be used: {error}; check --ca, --cert and --key"
        ) from error
    return context
