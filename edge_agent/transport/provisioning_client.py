"""A short conversation with the enrolment desk, in the words of AWS IoT's fleet provisioning.

It says which of the many ways to fail this one was, for whoever stands on a ladder with a camera
that does not come up: nobody there, another authority, a wrong clock, or a certificate that the
desk will not have.
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
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.transport.broker import BrokerEndpoint, create_tls_context
from wire.enrolment import (
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
KEEPALIVE_S: Final = 30
TOKEN_REFUSED: Final = "InvalidCertificateOwnershipToken"  # noqa: S105  a word of the protocol
CLOCK_WORDS: Final = ("certificate has expired", "certificate is not yet valid")

Answer = TypeVar("Answer")


class ProvisioningError(RuntimeError):
    """The desk cannot be talked to, or says no; the message ends with what to do."""


class ProvisioningRefusedError(ProvisioningError):
    """The desk's own no, with the protocol's word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ProvisioningClient:
    """One visit: enter to connect, ask, leave."""

    def __init__(
        self, where: BrokerEndpoint, device: DeviceId, *, patience_s: float = TIMEOUT_S
    ) -> None:
        self._where = where
        self._patience_s = patience_s
        self._news: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=device, reconnect_on_failure=False
        )
        self._client.connect_timeout = patience_s
        self._client.tls_set_context(create_tls_context(where))
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = lambda *_: self._news.put(("subscribed", b""))
        self._client.on_message = lambda _c, _u, said: self._news.put(
            (said.topic, bytes(said.payload))
        )

    def __enter__(self) -> Self:
        _check_handshake(self._where, self._patience_s)
        connect(self._client, self._where)
        self._client.loop_start()
        try:
            self._await("connected")
            topics = [topic + end for topic in (CREATE, PROVISION) for end in (ACCEPTED, REJECTED)]
            self._client.subscribe([(topic, 1) for topic in topics])
            self._await("subscribed")
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
        self._client.disconnect()
        self._client.loop_stop()

    def certify(self, request: str) -> CertificateIssued:
        """Have a signing request signed."""
        wanted = CertificateRequest(certificate_signing_request=request)
        return self._ask(CREATE, wanted, CertificateIssued)

    def register(self, token: str, parameters: dict[str, str]) -> Registered:
        """Register with the token that came with the certificate."""
        wish = Registration(certificate_ownership_token=token, parameters=parameters)
        return self._ask(PROVISION, wish, Registered)

    def _ask(self, topic: str, body: msgspec.Struct, kind: type[Answer]) -> Answer:
        self._client.publish(topic, msgspec.json.encode(body), qos=1)
        said, payload = self._await(topic + ACCEPTED, topic + REJECTED)
        try:
            if said.endswith(REJECTED):
                no = msgspec.json.decode(payload, type=Rejected)
                raise ProvisioningRefusedError(
                    no.error_code, f"{self._where!r} refuses: {no.error_message or no.error_code}"
                )
            return msgspec.json.decode(payload, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ProvisioningError(
                f"{self._where!r} gave an answer that does not read: {error}"
            ) from error

    def _await(self, *wanted: str) -> tuple[str, bytes]:
        while True:
            try:
                said, payload = self._news.get(timeout=self._patience_s)
            except queue.Empty:
                raise ProvisioningError(
                    f"{self._where!r} did not answer within {self._patience_s:.0f} s: try again"
                ) from None
            if said in wanted:
                return said, payload
            if said in ("refused", "closed"):
                raise ProvisioningError(
                    f"{self._where!r} closed the door ({payload.decode()}): the certificate shown "
                    "is not one that it takes (wrong, run out or revoked); get a new claim"
                )

    def _on_connect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._news.put(("refused" if reason.is_failure else "connected", str(reason).encode()))

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._news.put(("closed", str(reason).encode()))


def connect(client: mqtt.Client, where: BrokerEndpoint) -> None:
    """Connect, or say in one sentence why not."""
    with _explained(where):
        client.connect(where.host, where.port, KEEPALIVE_S)


def _check_handshake(where: BrokerEndpoint, patience_s: float) -> None:
    """Shake hands once beforehand: paho leaves a socket open when a handshake fails."""
    with (
        _explained(where),
        socket.create_connection((where.host, where.port), timeout=patience_s) as plain,
        create_tls_context(where).wrap_socket(plain, server_hostname=where.host),
    ):
        pass


@contextmanager
def _explained(where: BrokerEndpoint) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ProvisioningError(_distrust(where, error)) from error
    except ssl.SSLError as error:
        raise ProvisioningError(
            f"{where!r} ends the handshake ({error.reason}): the certificate shown is not one that "
            "it takes, or this is no MQTT port with TLS; check both"
        ) from error
    except socket.gaierror as error:
        raise ProvisioningError(
            f"{where.host} has no address ({error.strerror}): check the name and the DNS"
        ) from error
    except (OSError, ValueError) as error:
        raise ProvisioningError(
            f"{where!r} cannot be reached ({error}): check address, port, network and firewall"
        ) from error


def verify_connection(
    broker: BrokerEndpoint, device: DeviceId, *, patience_s: float = TIMEOUT_S
) -> None:
    """Open a real connection as this device and close it in order.

    Raises RefusedError when the broker says no, DeskError when it cannot be asked.
    """
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device, reconnect_on_failure=False)
    client.connect_timeout = patience_s
    if broker.tls:
        client.tls_set_context(create_tls_context(broker))
    outcome: queue.SimpleQueue[str] = queue.SimpleQueue()
    client.on_connect = lambda _c, _u, _f, reason, _p: outcome.put(
        str(reason) if reason.is_failure else ""
    )
    client.on_disconnect = lambda _c, _u, _f, reason, _p: outcome.put(str(reason))
    connect(client, broker)
    client.loop_start()
    try:
        trouble = outcome.get(timeout=patience_s)
    except queue.Empty:
        raise ProvisioningError(f"{broker!r} did not answer within {patience_s:.0f} s") from None
    finally:
        client.disconnect()
        client.loop_stop()
    if trouble:
        raise ProvisioningRefusedError(
            "NotLetIn", f"{broker!r} does not let {device} in ({trouble})"
        )


def _distrust(where: BrokerEndpoint, error: ssl.SSLCertVerificationError) -> str:
    why = error.verify_message
    if any(word in why for word in CLOCK_WORDS):
        return f"{where!r}: its {why} by this camera's clock: set the clock, or renew the server's"
    return f"{where!r} is not who the trusted authority says it is ({why}): check --ca and address"
