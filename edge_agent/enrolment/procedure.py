"""Enrols a camera with a claim certificate, and renews its certificate.

Steps: create a key; have the enrolment service sign a request; register with the ownership token;
verify the new certificate by a real connection; put it in use. The result of each step is persisted
before the next one, so an interrupted enrolment continues where it stopped.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

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
from wire.fleet.enrolment import SERIAL_NUMBER, TOKEN_VALID_S
from wire.scalars import Device, DeviceId, Location, LocationId

log = logging.getLogger(__name__)

TOKEN_USABLE: Final = timedelta(seconds=TOKEN_VALID_S - 300)

Clock = Callable[[], datetime]

_renewing = threading.Lock()  # one renewal at a time in this process


class AlreadyEnrolledError(EnrolError):
    """The camera has an identity, which is not replaced by accident."""


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """Who enrols where. `location` is needed only where the enrolment service has none."""

    device: DeviceId
    serial: str
    broker: str
    enrolment_server: str
    location: LocationId | None = None


def enrol(
    folder: IdentityFolder, claim: ClaimCertificate, request: EnrolmentRequest, clock: Clock
) -> DeviceIdentity:
    """Enrol, or raise EnrolError; a repeated call continues where the last one stopped."""
    _check_names(request)
    if folder.is_complete:
        raise AlreadyEnrolledError(
            f"{folder.path} holds the identity of {folder.read_identity().device} already: run "
            "with it, or remove the folder to enrol again (the operator must allow it again)"
        )
    check_clock(claim.certificate, clock())
    server = enrolment_server(
        request.enrolment_server, trust=claim.trust, certificate=claim.certificate, key=claim.key
    )
    parameters = {SERIAL_NUMBER: request.serial}
    pending = _obtain_registration(folder, server, request.device, parameters, clock)
    certified = read_location(read_certificate(folder.next_pair))
    location = request.location or pending.location or certified
    if location is None:
        raise EnrolError("the enrolment service has no location for this camera: give --location")
    broker = parse_broker_url(
        request.broker, ca=claim.trust, certificate=folder.next_pair, key=folder.next_pair
    )
    _verify(folder, broker, request.device, pending)
    identity = DeviceIdentity(
        device=request.device,
        location=location,
        broker=request.broker,
        enrolment_server=format_server(request.enrolment_server),
    )
    folder.activate(identity, claim.trust.read_bytes())
    log.info("enrol.done", extra={"device": request.device, "location": location})
    return identity


def renew(folder: IdentityFolder, clock: Clock) -> datetime:
    """Replace key and certificate; returns until when the new certificate is valid.

    The old pair stays in use until the new one has opened a real connection.
    """
    with _renewing:
        return _renew(folder, clock)


def _renew(folder: IdentityFolder, clock: Clock) -> datetime:
    identity = folder.read_identity()
    check_clock(folder.pair, clock())
    server = enrolment_server(
        identity.enrolment_server,
        trust=folder.trust,
        certificate=folder.pair,
        key=folder.pair,
    )
    pending = _obtain_registration(folder, server, identity.device, {}, clock)
    broker = parse_broker_url(
        identity.broker, ca=folder.trust, certificate=folder.next_pair, key=folder.next_pair
    )
    _verify(folder, broker, identity.device, pending)
    folder.activate(identity)
    log.info("renew.done", extra={"device": identity.device})
    return folder.expires_at()


def load_broker(folder: IdentityFolder) -> BrokerEndpoint:
    """The broker of an enrolled camera, with the certificate in use."""
    identity = folder.read_identity()
    return parse_broker_url(
        identity.broker, ca=folder.trust, certificate=folder.pair, key=folder.pair
    )


def _obtain_registration(
    folder: IdentityFolder,
    server: BrokerEndpoint,
    device: DeviceId,
    parameters: dict[str, str],
    clock: Clock,
) -> PendingCertificate:
    """A registered certificate; continues an earlier attempt."""
    pending = folder.pending()
    if pending is not None and pending.location is not None:
        folder.store_next_pair(pending.certificate)
        return pending
    is_fresh = pending is not None and _is_token_valid(pending, clock())
    if pending is not None and pending.registering and not is_fresh:  # it may have been registered
        folder.store_next_pair(pending.certificate)
        return pending
    with ProvisioningClient(server, device) as client:
        if pending is None or not is_fresh:
            pending = _obtain_certificate(folder, client, device, clock)
        folder.store_next_pair(pending.certificate)
        return _register(folder, client, pending, device, parameters)


def _is_token_valid(pending: PendingCertificate, now: datetime) -> bool:
    return timedelta(0) <= now - pending.made_at < TOKEN_USABLE


def _obtain_certificate(
    folder: IdentityFolder, client: ProvisioningClient, device: DeviceId, clock: Clock
) -> PendingCertificate:
    created = client.certify(create_signing_request(device, folder.next_key()))
    pending = PendingCertificate(
        certificate=created.certificate_pem,
        token=created.certificate_ownership_token,
        made_at=clock(),
    )
    folder.store_pending(pending)
    return pending


def _register(
    folder: IdentityFolder,
    client: ProvisioningClient,
    pending: PendingCertificate,
    device: DeviceId,
    parameters: dict[str, str],
) -> PendingCertificate:
    sent_before = pending.registering
    folder.store_pending(msgspec.structs.replace(pending, registering=True))
    try:
        response = client.register(pending.token, parameters)
    except ProvisioningRefusedError as error:
        if sent_before and error.code == TOKEN_REFUSED:  # it was used; the response was lost
            return pending
        if error.code == TOKEN_REFUSED:
            folder.discard_pending()
        raise
    if response.thing_name != device:
        raise EnrolError(
            f"the enrolment service registered {response.thing_name!r}, not {device!r}: correct "
            "--device"
        )
    location = response.device_configuration.get("location")
    registered = msgspec.structs.replace(
        pending, registering=True, location=LocationId(location) if location else None
    )
    folder.store_pending(registered)
    return registered


def _verify(
    folder: IdentityFolder, broker: BrokerEndpoint, device: DeviceId, pending: PendingCertificate
) -> None:
    try:
        verify_connection(broker, device)
    except ProvisioningError as error:
        if (
            isinstance(error, ProvisioningRefusedError) and pending.location is None
        ):  # it was never registered
            folder.discard_pending()
        raise EnrolError(
            f"certified, but {error}; run the same command again to continue"
        ) from error


def _check_names(request: EnrolmentRequest) -> None:
    """Raise EnrolError for a device or location that no identity may hold."""
    _check_name("--device", request.device, Device)
    if request.location is not None:
        _check_name("--location", request.location, Location)


def _check_name(option: str, name: str, kind: Any) -> None:
    try:
        msgspec.convert(name, kind)
    except msgspec.ValidationError as error:
        raise EnrolError(f"{option} {name[:80]!r} is not a valid name: {error}") from error


ENROLMENT_ERRORS: Final = (EnrolError, IdentityError, ProvisioningError)
