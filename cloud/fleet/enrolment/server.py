"""The enrolment server: a small MQTT server for cameras that have only a claim certificate.

Why not the broker: the answers of fleet provisioning have one topic for everybody and no
correlation, and a broker sends them to all subscribers. Fifty cameras with one factory claim would
receive each other's certificates. Here each connection receives its own answers only, as on AWS
IoT, and a claim is not valid at the broker of the telemetry: the two trust different authorities.

Every connection must present a certificate, and is limited in topics, size, rate and time.
Connections are limited in number before their handshake. There is no HTTP here, and so no `Host` to
check.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography import x509
from sqlalchemy.exc import SQLAlchemyError

from cloud.connection_table import ConnectionTable, connection_limit
from cloud.fleet.enrolment import mqtt_packets as mqtt
from cloud.fleet.enrolment.claim_provisioning import (
    CREATE_WITH_KEYS,
    CertificateHolder,
    Enrolment,
    EnrolmentError,
    HolderKind,
)
from cloud.fleet.enrolment.mqtt_packets import Packet, PacketError
from cloud.fleet.enrolment.tls_listener import TlsListener
from wire.fleet.enrolment import ACCEPTED, CREATE, PROVISION, REJECTED

log = logging.getLogger(__name__)

MAX_PACKET_BYTES: Final = 16 * 1024
MAX_SESSION_S: Final = 300.0
MAX_MESSAGES: Final = 50  # of one connection
MAX_CONNECTIONS: Final = 500
PACKET_TIMEOUT_S: Final = 90.0  # from one packet to the end of the next
CLEANUP_INTERVAL_S: Final = 60.0
CRL_HEADER: Final = b"-----BEGIN X509 CRL-----"
REQUESTS: Final = (CREATE, PROVISION, CREATE_WITH_KEYS)
ANSWERS: Final = frozenset(topic + end for topic in REQUESTS for end in (ACCEPTED, REJECTED))


class EnrolmentServerError(RuntimeError):
    """The enrolment server cannot start, or has ended."""


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """The authorities that the server trusts, and its own certificate.

    `claims` signs claim certificates, `trust` device certificates.
    """

    trust: Path
    claims: Path
    revoked: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """TLS with a certificate wanted from everybody."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
            for path in (self.trust, self.claims):
                context.load_verify_locations(path)
        except (OSError, ValueError) as error:
            names = (self.certificate, self.key, self.trust, self.claims)
            missing = ", ".join(str(path) for path in names if not path.is_file())
            raise EnrolmentServerError(
                "the enrolment service's certificates cannot be used "
                f"({f'missing: {missing}' if missing else error}): make the server's with "
                "`python -m provisioning ca issue --dir CA --server HOST --out DIR`"
            ) from error
        context.verify_mode = ssl.CERT_REQUIRED
        return context


class RevokedSerials:
    """What the revocation lists name, read again when the file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at_ns = 0
        self._serials: frozenset[int] = frozenset()

    def __contains__(self, serial: int) -> bool:
        changed_ns = self._path.stat().st_mtime_ns
        if changed_ns != self._read_at_ns:
            self._serials = frozenset(_read_serials(self._path.read_bytes()))
            self._read_at_ns = changed_ns
        return serial in self._serials


def _read_serials(pem: bytes) -> Iterator[int]:
    for part in pem.split(CRL_HEADER)[1:]:
        for revoked in x509.load_pem_x509_crl(CRL_HEADER + part):
            yield revoked.serial_number


@dataclass(slots=True)
class ClientSession:
    """One connection: its holder, protocol version, subscriptions and number of messages."""

    holder: CertificateHolder
    version: int = 0
    subscriptions: set[str] = field(default_factory=set)
    messages: int = 0


class ClientDisconnected(Exception):  # noqa: N818 - the client goes, in order
    """The client sent DISCONNECT."""


class EnrolmentServer:
    """Give it an enrolment, its files and a clock; `serve` runs until cancelled."""

    def __init__(
        self, enrolment: Enrolment, files: ServerFiles, clock: Callable[[], datetime]
    ) -> None:
        self._enrolment = enrolment
        self._files = files
        self._clock = clock
        self._context = files.context()
        self._claims_issuer = _read_subject(files.claims)
        self._revoked = RevokedSerials(files.revoked)
        self._refuse_unreadable_list()
        self._worker = ThreadPoolExecutor(1, "enrolment")

    async def serve(self, host: str, port: int, ready: Callable[[int], None]) -> None:
        """Listen; `ready` gets the port. EnrolmentServerError when the address cannot be used."""
        most = min(MAX_CONNECTIONS, connection_limit())
        listener = TlsListener(self._context, ConnectionTable(most), 2 * MAX_PACKET_BYTES)
        try:
            server = await listener.listen(host, port, self._receive)
        except (OSError, OverflowError) as error:
            raise EnrolmentServerError(
                f"the enrolment service cannot listen on {host} port {port}: "
                f"{getattr(error, 'strerror', None) or error}; choose another with "
                "--enrolment-bind and --enrolment-port"
            ) from error
        async with server:
            ready(server.sockets[0].getsockname()[1])
            await self._withdraw_expired()

    async def _withdraw_expired(self) -> None:
        while True:
            try:
                await self._apart(lambda: self._enrolment.withdraw_unregistered(at=self._clock()))
            except (SQLAlchemyError, OSError) as error:  # tried again next time
                log.error("enrolment.cleanup_failed", extra={"reason": type(error).__name__})
            await asyncio.sleep(CLEANUP_INTERVAL_S)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if (holder := self._holder(writer)) is not None:
                async with asyncio.timeout(MAX_SESSION_S):
                    await self._converse(ClientSession(holder), reader, writer)
        except TimeoutError:
            log.warning(
                "enrolment.connection_ended",
                extra={"reason": "too slow, or connected for too long"},
            )
        except (PacketError, OSError) as error:
            log.warning(
                "enrolment.connection_ended", extra={"reason": str(error) or type(error).__name__}
            )
        except SQLAlchemyError as error:
            log.error("enrolment.not_stored", extra={"reason": type(error).__name__})
        except ClientDisconnected:
            pass
        finally:
            writer.close()

    async def _converse(
        self, session: ClientSession, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        buffer = b""
        while True:
            packet, used = mqtt.split_packet(buffer, largest_bytes=MAX_PACKET_BYTES)
            if packet is not None:
                buffer = buffer[used:]
                writer.write(await self._reply(session, packet))
                await writer.drain()
                continue
            async with asyncio.timeout(PACKET_TIMEOUT_S):
                buffer = await self._filled(session, buffer, reader)
            if not buffer:
                return

    async def _filled(
        self, session: ClientSession, buffer: bytes, reader: asyncio.StreamReader
    ) -> bytes:
        """The buffer, which starts with a whole packet; empty if the client has disconnected."""
        while mqtt.split_packet(buffer, largest_bytes=MAX_PACKET_BYTES)[0] is None:
            chunk = await reader.read(MAX_PACKET_BYTES)
            if not chunk:
                return b""
            buffer += chunk
            if not session.version and buffer[0] >> 4 != mqtt.CONNECT:
                raise PacketError(f"{session.holder} does not begin with CONNECT")
        return buffer

    async def _reply(self, session: ClientSession, packet: Packet) -> bytes:
        session.messages += 1
        if session.messages > MAX_MESSAGES:
            raise PacketError(f"{session.holder} sends more than {MAX_MESSAGES} messages")
        if not session.version:
            return self._welcome(session, packet)
        match packet.kind:
            case mqtt.PUBLISH:
                return await self._hear(session, packet)
            case mqtt.SUBSCRIBE | mqtt.UNSUBSCRIBE:
                return self._listen(session, packet)
            case mqtt.PINGREQ:
                return mqtt.pingresp()
            case mqtt.PUBACK:
                return b""
            case mqtt.DISCONNECT:
                raise ClientDisconnected
        raise PacketError(f"{session.holder} sent a packet of kind {packet.kind}")

    def _welcome(self, session: ClientSession, packet: Packet) -> bytes:
        session.version = mqtt.parse_connect(packet).version
        return mqtt.connack(session.version)

    def _listen(self, session: ClientSession, packet: Packet) -> bytes:
        asked = mqtt.parse_subscribe(packet, session.version)
        if packet.kind == mqtt.UNSUBSCRIBE:
            session.subscriptions.difference_update(asked.filters)
            return mqtt.unsuback(session.version, asked.number, len(asked.filters))
        session.subscriptions.update(ANSWERS.intersection(asked.filters))
        granted = tuple(one in ANSWERS for one in asked.filters)
        return mqtt.suback(session.version, asked.number, granted)

    async def _hear(self, session: ClientSession, packet: Packet) -> bytes:
        publish = mqtt.parse_publish(packet, session.version)
        if publish.topic not in REQUESTS:
            await self._apart(
                lambda: self._enrolment.complain(session.holder, publish.topic, self._clock())
            )
            raise PacketError(f"{session.holder} published to {publish.topic[:100]!r}")
        end, body = await self._apart(lambda: self._answer(session, publish.topic, publish.payload))
        answer = mqtt.puback(session.version, publish.number) if publish.number else b""
        topic = publish.topic + end
        if topic in session.subscriptions:
            answer += mqtt.publish(session.version, topic, msgspec.json.encode(body))
        return answer

    def _answer(
        self, session: ClientSession, topic: str, payload: bytes
    ) -> tuple[str, dict[str, Any]]:
        try:
            at = self._clock()
            return ACCEPTED, self._enrolment.answer(session.holder, topic, payload, at=at)
        except EnrolmentError as error:
            log.warning(
                "enrolment.rejected", extra={"holder": str(session.holder), "reason": str(error)}
            )
            return REJECTED, error.body

    async def _apart(self, act: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._worker, act)

    def _refuse_unreadable_list(self) -> None:
        try:
            assert 0 not in self._revoked
        except (OSError, ValueError) as error:
            raise EnrolmentServerError(
                f"the revocation list {self._files.revoked} cannot be read: {error}; write it with "
                "`python -m provisioning ca crl --dir CA`"
            ) from error

    def _holder(self, writer: asyncio.StreamWriter) -> CertificateHolder | None:
        shown = writer.get_extra_info("peercert") or {}
        subject, issuer = (
            _name_attributes(shown.get("subject")),
            _name_attributes(shown.get("issuer")),
        )
        name = subject.get("commonName", "")
        if int(shown.get("serialNumber", "0"), 16) in self._revoked:
            log.warning("enrolment.revoked_certificate", extra={"holder": name, "issuer": issuer})
            return None
        if issuer == self._claims_issuer:
            return CertificateHolder(HolderKind.CLAIM, name)
        return (
            CertificateHolder(HolderKind.DEVICE, name)
            if "organizationalUnitName" in subject
            else None
        )


def _read_subject(path: Path) -> dict[str, str]:
    context = ssl.create_default_context(cafile=path)
    [shown] = context.get_ca_certs()
    return _name_attributes(shown["subject"])


def _name_attributes(name: Any) -> dict[str, str]:
    return {key: value for part in name or () for key, value in part}
