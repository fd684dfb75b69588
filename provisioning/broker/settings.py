"""Limits of the broker, and the paths of its files.

The folder contains no secret of the authority: only the broker's own key, the trusted certificates,
the revocation list and the access rules.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wire.envelope import MAX_PAYLOAD_BYTES

TOPIC_BYTES: Final = 1024  # for topic and header beside the payload


class BrokerError(RuntimeError):
    """A broker that cannot be configured or started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the broker and of each client. AWS IoT Core allows 100 messages a second too."""

    payload_bytes: int = MAX_PAYLOAD_BYTES
    connections: int = 20_000
    queued_messages: int = 1_000
    queued_bytes: int = 16 * 1024 * 1024
    inflight_messages: int = 20
    messages_per_s: int = 100
    burst_messages: int = 1_000
    connections_per_min: int = 20  # of one certificate, with the auth plugin
    burst_connections: int = 30
    keepalive_s: int = 120


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """Files of a certificate for the broker that was issued elsewhere, and of its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """One broker in one folder."""

    folder: Path
    authority: Path
    port: int = 8883
    bind: str = "0.0.0.0"  # noqa: S104 - cameras come from the network; a certificate is needed
    websockets_port: int | None = None
    user: str | None = None
    auth_plugin: Path | None = None
    issued: IssuedCertificate | None = None
    limits: Limits = Limits()

    @property
    def config_file(self) -> Path:
        """Mosquitto's configuration."""
        return self.folder / "mosquitto.conf"

    @property
    def access_file(self) -> Path:
        """Access rules: who may publish and subscribe to what."""
        return self.folder / "access.acl"

    @property
    def control_socket(self) -> Path:
        """Socket by which the supervisor ends sessions, in a folder of its own."""
        return self.folder / "control" / "socket"

    @property
    def auth_plugin_file(self) -> Path:
        """The auth plugin, where Mosquitto's account can read it."""
        return self.folder / "auth_plugin.so"

    @property
    def audit_file(self) -> Path:
        """One JSON line for each rejected request or ended session."""
        return self.folder / "audit.jsonl"

    @property
    def server_key(self) -> Path:
        """Private key of the broker."""
        return self.folder / "server.key"

    @property
    def server_certificate(self) -> Path:
        """Certificate of the broker, and of its issuer."""
        return self.folder / "server.crt"
