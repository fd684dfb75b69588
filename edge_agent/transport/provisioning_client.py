"""Client of the enrolment service, with the protocol of AWS IoT fleet provisioning.

Its errors distinguish the causes of a failed enrolment: no answer, an untrusted authority, a wrong
clock, or a certificate that the service rejects.
"""

import queue
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec
from paho.mqtt import client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.transport.broker import BrokerEndpoint, create_tls_context
from edge_agent.transport.mqtt_client import KEEPALIVE_S, create_mqtt_client, disconnect
from wire.fleet.enrolment import (
    ACCEPTED,
    CREATE,
    PROVISION,
    REJECTED,
    CertificateIssued,
    CertificateRequest,
    Registered,
    Registration,
    Rejected,
)
from wire.scalars import DeviceId

TIMEOUT_S: Final = 20.0
TOKEN_REFUSED: Final = "InvalidCertificateOwnershipToken"  # noqa: S105  an error code of the protocol
CLOCK_WORDS: Final = ("certificate has expired", "certificate is not yet valid")

Response = TypeVar("Response")


class ProvisioningError(RuntimeError):
    """The enrolment service cannot be reached or rejects a request; says what to do."""


class ProvisioningRefusedError(ProvisioningError):
    """The service rejects a request, with an error code of the protocol."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ProvisioningClient:
    """One connection to the enrolment service, as a context manager."""

    def __init__(
        self, server: BrokerEndpoint, device: DeviceId, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._events: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._client = _create_client(server, device, timeout_s)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = lambda *_: self._events.put(("subscribed", b""))
        self._client.on_message = lambda _c, _u, message: self._events.put(
            (message.topic, bytes(message.payload))
        )

    def __enter__(self) -> Self:
        _check_handshake(self._server, self._timeout_s)
        connect(self._client, self._server)
        self._client.loop_start()
        try:
            self._wait_for("connected")
            topics = [topic + end for topic in (CREATE, PROVISION) for end in (ACCEPTED, REJECTED)]
            self._client.subscribe([(topic, 1) for topic in topics])
            self._wait_for("subscribed")
        except ProvisioningError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        disconnect(self._client)

    def certify(self, request: str) -> CertificateIssued:
        """Request a certificate for a signing request."""
        wanted = CertificateRequest(certificate_signing_request=request)
        return self._request(CREATE, wanted, CertificateIssued)

    def register(self, token: str, parameters: dict[str, str]) -> Registered:
        """Register the device with the ownership token of its certificate."""
        registration = Registration(certificate_ownership_token=token, parameters=parameters)
        return self._request(PROVISION, registration, Registered)

    def _request(self, topic: str, body: msgspec.Struct, kind: type[Response]) -> Response:
        self._client.publish(topic, msgspec.json.encode(body), qos=1)
        message, payload = self._wait_for(topic + ACCEPTED, topic + REJECTED)
        try:
            if message.endswith(REJECTED):
                rejection = msgspec.json.decode(payload, type=Rejected)
                raise ProvisioningRefusedError(
                    rejection.error_code,
                    f"{self._server!r} rejects: {rejection.error_message or rejection.error_code}",
                )
            return msgspec.json.decode(payload, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ProvisioningError(
                f"{self._server!r} sent an invalid response: {error}"
            ) from error

    def _wait_for(self, *wanted: str) -> tuple[str, bytes]:
        while True:
            try:
                message, payload = self._events.get(timeout=self._timeout_s)
            except queue.Empty:
                raise ProvisioningError(
                    f"{self._server!r} did not answer within {self._timeout_s:.0f} s: try again"
                ) from None
            if message in wanted:
                return message, payload
            if message in ("refused", "closed"):
                raise ProvisioningError(
                    f"{self._server!r} closed the connection ({payload.decode()}): the certificate "
                    "is not accepted (unknown, expired or revoked); get a new claim certificate"
                )

    def _on_connect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._events.put(("refused" if reason.is_failure else "connected", str(reason).encode()))

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._events.put(("closed", str(reason).encode()))


def _create_client(server: BrokerEndpoint, device: DeviceId, timeout_s: float) -> mqtt.Client:
    """A client that tries once: a failed connection is an answer."""
    return create_mqtt_client(
        server, client_id=device, connect_timeout_s=timeout_s, is_reconnecting=False
    )


def connect(client: mqtt.Client, server: BrokerEndpoint) -> None:
    """Connect, or raise ProvisioningError with the cause."""
    with _describing_errors(server):
        client.connect(server.host, server.port, KEEPALIVE_S)


def _check_handshake(server: BrokerEndpoint, timeout_s: float) -> None:
    """Try the TLS handshake first: paho leaves a socket open when a handshake fails."""
    with (
        _describing_errors(server),
        socket.create_connection((server.host, server.port), timeout=timeout_s) as plain,
        create_tls_context(server).wrap_socket(plain, server_hostname=server.host),
    ):
        pass


@contextmanager
def _describing_errors(server: BrokerEndpoint) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ProvisioningError(_describe_untrusted(server, error)) from error
    except ssl.SSLError as error:
        raise ProvisioningError(
            f"{server!r} ends the handshake ({error.reason}): the certificate is not accepted, or "
            "this is not an MQTT port with TLS; check both"
        ) from error
    except socket.gaierror as error:
        raise ProvisioningError(
            f"{server.host} has no address ({error.strerror}): check the name and the DNS"
        ) from error
    except (OSError, ValueError) as error:
        raise ProvisioningError(
            f"{server!r} cannot be reached ({error}): check address, port, network and firewall"
        ) from error


def verify_connection(
    broker: BrokerEndpoint, device: DeviceId, *, timeout_s: float = TIMEOUT_S
) -> None:
    """Open a connection as this device and close it in order.

    Raises ProvisioningRefusedError when the broker rejects it, else ProvisioningError.
    """
    client = _create_client(broker, device, timeout_s)
    outcome: queue.SimpleQueue[str] = queue.SimpleQueue()
    client.on_connect = lambda _c, _u, _f, reason, _p: outcome.put(
        str(reason) if reason.is_failure else ""
    )
    client.on_disconnect = lambda _c, _u, _f, reason, _p: outcome.put(str(reason))
    connect(client, broker)
    client.loop_start()
    try:
        reason_text = outcome.get(timeout=timeout_s)
    except queue.Empty:
        raise ProvisioningError(f"{broker!r} did not answer within {timeout_s:.0f} s") from None
    finally:
        disconnect(client)
    if reason_text:
        raise ProvisioningRefusedError(
            "ConnectionRejected", f"{broker!r} rejects {device} ({reason_text})"
        )


def _describe_untrusted(server: BrokerEndpoint, error: ssl.SSLCertVerificationError) -> str:
    reason = error.verify_message
    if any(word in reason for word in CLOCK_WORDS):
        return (
            f"{server!r}: its {reason} by this camera's clock: set the clock, or renew the server's"
        )
    return (
        f"{server!r} has no certificate of the trusted authority ({reason}): check --ca and address"
    )
