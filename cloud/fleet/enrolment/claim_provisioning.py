"""Fleet provisioning by claim, as AWS IoT has it: from a claim certificate to a device's own.

First the camera sends a signing request and receives a certificate and an ownership token. Then it
registers with the token and its serial number. The allow-list says which claim may enrol which
camera, at which location and in which groups; other requests get no certificate. A certificate that
no device registers within an hour is revoked.

A client with a device certificate may get a new one for the same device: that is rotation. Nothing
here uses the network.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, select, update

from cloud.database import reading, writing
from cloud.fleet.audit_states import with_allow_list_states
from cloud.fleet.history import Author, FleetEvent, record_events
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.fleet.tables import allow_list_table, device_table, enrolments
from wire.fleet.enrolment import (
    CREATE,
    PROVISION,
    SERIAL_NUMBER,
    TOKEN_VALID_S,
    CaCommand,
    CaReply,
    CommandRefused,
    SignCommand,
    Signed,
    WithdrawCommand,
)
from wire.scalars import DeviceId, LocationId

log = logging.getLogger(__name__)

TOKEN_VALID: Final = timedelta(seconds=TOKEN_VALID_S)
CREATE_WITH_KEYS: Final = "$aws/certificates/create/json"

SendToCa = Callable[[CaCommand], CaReply]


class EnrolmentError(ValueError):
    """A request that is refused, as the protocol writes it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.body = {"statusCode": status, "errorCode": code, "errorMessage": message}


class HolderKind(StrEnum):
    """The kind of certificate that a client holds."""

    CLAIM = "claim"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class CertificateHolder:
    """The client, as its certificate names it."""

    bearer: HolderKind
    name: str

    def __str__(self) -> str:
        return f"{self.bearer}:{self.name}"


class _CreateRequest(msgspec.Struct):
    certificateSigningRequest: str  # noqa: N815 - the protocol's own name


class _ProvisionRequest(msgspec.Struct):
    certificateOwnershipToken: str  # noqa: N815
    parameters: dict[str, str] = {}


class Enrolment:
    """Answers the two steps; records every refusal and every success in the audit log."""

    def __init__(self, engine: Engine, signer: SendToCa, named_in: Callable[[bytes], str]) -> None:
        """`named_in` reads the common name of a signing request that is not trusted yet."""
        self._engine = engine
        self._signer = signer
        self._named_in = named_in

    def answer(
        self, holder: CertificateHolder, topic: str, payload: bytes, *, at: datetime
    ) -> dict[str, Any]:
        """The accepted body, or EnrolmentError."""
        steps = {CREATE: self._create, PROVISION: self._provision}
        if topic not in steps:
            raise EnrolmentError(
                403, "AccessDenied", f"{holder.bearer} certificates may only enrol"
            )
        try:
            return steps[topic](holder, payload, at)
        except EnrolmentError as error:
            self.complain(holder, f"{topic}: {error}", at)
            raise

    def complain(self, holder: CertificateHolder, detail: str, at: datetime) -> None:
        """Record an attempt."""
        with writing(self._engine) as connection:
            devices.record_event(
                connection, Author(str(holder), at), "enrolment.refused", None, detail
            )

    def withdraw_unregistered(self, *, at: datetime) -> int:
        """Revoke certificates that were not registered in time; returns how many."""
        overdue = enrolments.c.closed_at.is_(None) & (enrolments.c.created_at < at - TOKEN_VALID)
        with reading(self._engine) as connection:
            rows = connection.execute(select(enrolments).where(overdue)).all()
        return sum(self._withdraw(row, "withdrawn", at) for row in rows)

    def _create(self, holder: CertificateHolder, payload: bytes, at: datetime) -> dict[str, Any]:
        request = _decode(payload, _CreateRequest).certificateSigningRequest
        try:
            device = self._named_in(request.encode())
        except ValueError as error:
            raise EnrolmentError(400, "InvalidRequest", str(error)) from error
        location = self._read_location(holder, device)
        outcome = self._signer(
            SignCommand(device=DeviceId(device), location=location, request=request)
        )
        if isinstance(outcome, CommandRefused):
            raise EnrolmentError(400, "InvalidRequest", outcome.reason)
        assert isinstance(outcome, Signed)
        return self._issued(holder, device, outcome, at)

    def _issued(
        self, holder: CertificateHolder, device: str, signed: Signed, at: datetime
    ) -> dict[str, Any]:
        token = secrets.token_urlsafe(48)
        mine = (enrolments.c.device == device) & enrolments.c.closed_at.is_(None)
        with writing(self._engine) as connection:
            same = (
                enrolments.c.certificate == signed.serial
            )  # requested again: the old token is closed
            connection.execute(update(enrolments).where(mine, same).values(closed_at=at))
            before = connection.execute(select(enrolments).where(mine)).all()
            connection.execute(
                enrolments.insert().values(
                    token_digest=_digest(token),
                    device=device,
                    holder=str(holder),
                    certificate=signed.serial,
                    certificate_ends_at=signed.ends_at,
                    created_at=at,
                )
            )
            author = Author(str(holder), at)
            devices.record_event(connection, author, "certificate.issued", device, signed.serial)
        for row in before:
            self._withdraw(row, "superseded", at)
        return {
            "certificateId": signed.serial,
            "certificatePem": signed.certificate,
            "certificateOwnershipToken": token,
        }

    def _provision(self, holder: CertificateHolder, payload: bytes, at: datetime) -> dict[str, Any]:
        request = _decode(payload, _ProvisionRequest)
        with writing(self._engine) as connection:
            row = _find_open_enrolment(connection, request.certificateOwnershipToken, holder, at)
            if holder.bearer is HolderKind.CLAIM:
                _enrol(connection, row, request.parameters.get(SERIAL_NUMBER), holder, at)
            author = Author(str(holder), at)
            devices.record_certificate(
                connection, row.device, row.certificate, row.certificate_ends_at, author
            )
            mine = enrolments.c.token_digest == row.token_digest
            connection.execute(update(enrolments).where(mine).values(closed_at=at))
            where = select(device_table.c.location).where(device_table.c.name == row.device)
            location = connection.execute(where).scalar_one()
        return {"thingName": row.device, "deviceConfiguration": {"location": location}}

    def _read_location(self, holder: CertificateHolder, device: str) -> LocationId:
        with reading(self._engine) as connection:
            if holder.bearer is HolderKind.DEVICE:
                return _own_location(connection, holder, device)
            row = connection.execute(
                select(allow_list_table).where(allow_list_table.c.device == device)
            ).one_or_none()
        if row is None or row.claim != holder.name:
            raise EnrolmentError(
                403, "AccessDenied", f"{device!r} is not on the enrolment allow-list of this claim"
            )
        if row.enrolled_at is not None:
            raise EnrolmentError(
                403, "AccessDenied", f"{device!r} was enrolled before: see the operator"
            )
        return LocationId(row.location)

    def _withdraw(self, row: Row[Any], reason: str, at: datetime) -> bool:
        """Revoke a certificate; False when the CA service refuses."""
        outcome = self._signer(WithdrawCommand(serial=row.certificate, reason=reason))
        if isinstance(outcome, CommandRefused):
            log.warning("enrolment.not_withdrawn", extra={"reason": outcome.reason})
            return False
        with writing(self._engine) as connection:
            mine = enrolments.c.token_digest == row.token_digest
            connection.execute(update(enrolments).where(mine).values(closed_at=at))
            author = Author("enrolment", at)
            detail = f"{row.certificate}: {reason}"
            devices.record_event(connection, author, "certificate.withdrawn", row.device, detail)
        return True


def _own_location(connection: Connection, holder: CertificateHolder, device: str) -> LocationId:
    if device != holder.name:
        raise EnrolmentError(
            403, "AccessDenied", f"{holder.name!r} may not ask for {device[:63]!r}"
        )
    wanted = (device_table.c.name == device) & device_table.c.retired_at.is_(None)
    location = connection.execute(
        select(device_table.c.location).where(wanted)
    ).scalar_one_or_none()
    if location is None:
        raise EnrolmentError(403, "AccessDenied", f"{device!r} is not in the fleet")
    return LocationId(location)


def _find_open_enrolment(
    connection: Connection, token: str, holder: CertificateHolder, at: datetime
) -> Row[Any]:
    wanted = enrolments.c.token_digest == _digest(token)
    row = connection.execute(select(enrolments).where(wanted)).one_or_none()
    if row is None or row.holder != str(holder):
        raise EnrolmentError(400, "InvalidCertificateOwnershipToken", "the token is not known here")
    if row.closed_at is not None:
        raise EnrolmentError(400, "InvalidCertificateOwnershipToken", "the token was used before")
    if at - row.created_at > TOKEN_VALID:
        raise EnrolmentError(
            400, "InvalidCertificateOwnershipToken", "the token is over an hour old"
        )
    return row


def _enrol(
    connection: Connection,
    row: Row[Any],
    serial: str | None,
    holder: CertificateHolder,
    at: datetime,
) -> None:
    expected = connection.execute(
        select(allow_list_table).where(allow_list_table.c.device == row.device)
    ).one()
    if expected.enrolled_at is not None:
        raise EnrolmentError(403, "AccessDenied", f"{row.device!r} was enrolled before")
    if not serial or not secrets.compare_digest(serial.encode(), expected.serial.encode()):
        raise EnrolmentError(
            403, "AccessDenied", f"the {SERIAL_NUMBER} is not that of {row.device!r}"
        )
    author = Author(str(holder), at)
    devices.register_device(
        connection, Device(row.device, expected.location, serial=expected.serial), author
    )
    for name in msgspec.json.decode(expected.groups, type=list[str]):
        devices.add_to_group(connection, name, [row.device], author)
    values = {"enrolled_at": at, "certificate": row.certificate}
    connection.execute(
        update(allow_list_table).where(allow_list_table.c.device == row.device).values(**values)
    )
    noted = [FleetEvent("device.enrolled", row.device, f"serial {expected.serial}")]
    record_events(connection, author, with_allow_list_states(connection, noted))


def _decode(payload: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EnrolmentError(
            400, "InvalidPayload", f"the request does not parse: {error}"
        ) from error


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
