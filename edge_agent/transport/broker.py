"""Address and certificates of a broker."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from wire.addresses import AddressError, NetworkAddress, parse_broker


class LinkError(ValueError):
    """A broker address or certificate cannot be used: what was found, what to give."""


@dataclass(frozen=True, slots=True)
class BrokerEndpoint:
    """Address of a broker and credentials of this device. The password is never printed."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __repr__(self) -> str:
        return str(NetworkAddress("mqtts" if self.tls else "mqtt", self.host, self.port))


def parse_broker_url(
    url: str,
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> BrokerEndpoint:
    """Parse `mqtt[s]://[user:password@]host[:port]`; certificates need mqtts."""
    try:
        address = parse_broker(url)
    except AddressError as error:
        raise LinkError(f"broker: {error}") from None
    if not address.is_secure and (ca or certificate or key):
        raise LinkError("certificates were given for an mqtt:// broker: use mqtts://")
    if bool(certificate) != bool(key):
        raise LinkError("a certificate needs its key and a key its certificate: give both")
    assert address.port is not None
    return BrokerEndpoint(
        host=address.host,
        port=address.port,
        tls=address.is_secure,
        username=address.username,
        password=address.password,
        ca=ca,
        certificate=certificate,
        key=key,
    )


def create_tls_context(broker: BrokerEndpoint) -> ssl.SSLContext:
    """The TLS context of a connection; LinkError when a file cannot be used."""
    given = (("--ca", broker.ca), ("--cert", broker.certificate), ("--key", broker.key))
    for option, file in given:
        if file is not None and not file.is_file():
            raise LinkError(f"{option}: there is no file {file}: correct its path")
    try:
        context = ssl.create_default_context(cafile=broker.ca)
        if broker.certificate and broker.key:
            context.load_cert_chain(broker.certificate, broker.key)
    except (OSError, ssl.SSLError) as error:
        raise LinkError(
            f"certificates for {broker!r} cannot be used: {error}; check --ca, --cert and --key"
        ) from error
    return context
