"""From a factory claim to a certified camera, and from an old certificate to a new one.

The steps: a key is made here; the desk signs a request for it; the camera registers with the token
that came with the certificate; the pair proves itself by a real connection; then, and only then,
it is put in use. Each step leaves its result on disk before the next begins, so a camera that
loses power on the way goes on where it was.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from edge_agent.enrolment.claim import (
    ClaimCertificate,
    EnrolError,
    check_clock,
    enrolment_server,
    format_server,
)
from edge_agent.identity.certificates import create_signing_request, read_certificate, read_location
from edge_agent.identity.errors import IdentityError
from edge_agent.identity.folder import DeviceIdentity, IdentityFolder, PendingCertificate
from edge_agent.transport.broker import BrokerEndpoint, parse_broker_url
from edge_agent.transport.provisioning_client import (
    TOKEN_REFUSED,
    ProvisioningClient,
    ProvisioningError,
    ProvisioningRefusedError,
    verify_connection,
)
from wire.enrolment import SERIAL_NUMBER, TOKEN_VALID_S
from wire.scalars import Device, DeviceId, LocationId

log = logging.getLogger(__name__)

TOKEN_USABLE: Final = timedelta(seconds=TOKEN_VALID_S - 300)

Clock = Callable[[], datetime]

_renewing = threading.Lock()  # one at a time in this process, whoever wants it


class AlreadyEnrolledError(EnrolError):
    """There is an identity, and it is not thrown away by accident."""


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """Who wants to be enrolled where. `location` is asked for only where the desk knows none."""

    device: DeviceId
    serial: str
    broker: str
    desk: str
    location: LocationId | None = None


def enrol(
    folder: IdentityFolder, claim: ClaimCertificate, who: EnrolmentRequest, clock: Clock
) -> DeviceIdentity:
    """Come back certified, or raise EnrolError; calling it again goes on where it stopped."""
    _check_name(who.device)
    if folder.is_complete:
        raise AlreadyEnrolledError(
            f"{folder.path} holds the identity of {folder.read_identity().device} already: run "
            "with it, or remove the folder to enrol again (the "
            "operator must allow the camera again)"
        )
    check_clock(claim.certificate, clock())
    where = enrolment_server(
        who.desk, trust=claim.trust, certificate=claim.certificate, key=claim.key
    )
    parameters = {SERIAL_NUMBER: who.serial}
    pending = _registered(folder, where, who.device, parameters, clock)
    location = who.location or pending.location or read_location(read_certificate(folder.next_pair))
    if location is None:
        raise EnrolError("the desk did not say where this camera hangs: give --location")
    broker = parse_broker_url(
        who.broker, ca=claim.trust, certificate=folder.next_pair, key=folder.next_pair
    )
    _prove(folder, broker, who.device, pending)
    belonging = DeviceIdentity(
        device=who.device, location=location, broker=who.broker, desk=format_server(who.desk)
    )
    folder.adopt(belonging, claim.trust.read_bytes())
    log.info("enrol.done", extra={"device": who.device, "location": location})
    return belonging


def renew(folder: IdentityFolder, clock: Clock) -> datetime:
    """A new key and certificate in the place of the old; returns until when it stands.

    The old pair is untouched, and in use, until the new one has opened a real connection.
    """
    with _renewing:
        return _renewed(folder, clock)


def _renewed(folder: IdentityFolder, clock: Clock) -> datetime:
    mine = folder.read_identity()
    check_clock(folder.pair, clock())
    desk = enrolment_server(mine.desk, trust=folder.trust, certificate=folder.pair, key=folder.pair)
    pending = _registered(folder, desk, mine.device, {}, clock)
    broker = parse_broker_url(
        mine.broker, ca=folder.trust, certificate=folder.next_pair, key=folder.next_pair
    )
    _prove(folder, broker, mine.device, pending)
    folder.adopt(mine)
    log.info("renew.done", extra={"device": mine.device})
    return folder.ends_at()


def load_broker(folder: IdentityFolder) -> BrokerEndpoint:
    """The broker of an enrolled camera, with the certificate in use."""
    mine = folder.read_identity()
    return parse_broker_url(mine.broker, ca=folder.trust, certificate=folder.pair, key=folder.pair)


def _registered(
    folder: IdentityFolder,
    where: BrokerEndpoint,
    device: DeviceId,
    parameters: dict[str, str],
    clock: Clock,
) -> PendingCertificate:
    """A certificate that the desk has registered, from wherever an earlier attempt got to."""
    pending = folder.pending()
    if pending is not None and pending.location is not None:
        folder.store_next_pair(pending.certificate)
        return pending
    fresh = pending is not None and _token_stands(pending, clock())
    if pending is not None and pending.registering and not fresh:  # perhaps it came through
        folder.store_next_pair(pending.certificate)
        return pending
    with ProvisioningClient(where, device) as desk:
        if pending is None or not fresh:
            pending = _certified(folder, desk, device, clock)
        folder.store_next_pair(pending.certificate)
        return _register(folder, desk, pending, device, parameters)


def _token_stands(pending: PendingCertificate, now: datetime) -> bool:
    return timedelta(0) <= now - pending.made_at < TOKEN_USABLE


def _certified(
    folder: IdentityFolder, desk: ProvisioningClient, device: DeviceId, clock: Clock
) -> PendingCertificate:
    made = desk.certify(create_signing_request(device, folder.next_key()))
    pending = PendingCertificate(
        certificate=made.certificate_pem, token=made.certificate_ownership_token, made_at=clock()
    )
    folder.note(pending)
    return pending


def _register(
    folder: IdentityFolder,
    desk: ProvisioningClient,
    pending: PendingCertificate,
    device: DeviceId,
    parameters: dict[str, str],
) -> PendingCertificate:
    sent_before = pending.registering
    folder.note(msgspec.structs.replace(pending, registering=True))
    try:
        answer = desk.register(pending.token, parameters)
    except ProvisioningRefusedError as error:
        if sent_before and error.code == TOKEN_REFUSED:  # it was taken; the answer was lost
            return pending
        if error.code == TOKEN_REFUSED:
            folder.give_up()
        raise
    if answer.thing_name != device:
        raise EnrolError(
            f"the desk registered {answer.thing_name!r}, not {device!r}: give that as --device"
        )
    place = answer.device_configuration.get("location")
    registered = msgspec.structs.replace(
        pending, registering=True, location=LocationId(place) if place else None
    )
    folder.note(registered)
    return registered


def _prove(
    folder: IdentityFolder, broker: BrokerEndpoint, device: DeviceId, pending: PendingCertificate
) -> None:
    try:
        verify_connection(broker, device)
    except ProvisioningError as error:
        if (
            isinstance(error, ProvisioningRefusedError) and pending.location is None
        ):  # it never came through
            folder.give_up()
        raise EnrolError(
            f"certified, but {error}; what was reached is kept: run the same command again"
        ) from error


def _check_name(device: str) -> None:
    try:
        msgspec.convert(device, Device)
    except msgspec.ValidationError as error:
        raise EnrolError(f"--device {device[:80]!r} is no name: {error}") from error


ENROLMENT_ERRORS: Final = (EnrolError, IdentityError, ProvisioningError)
