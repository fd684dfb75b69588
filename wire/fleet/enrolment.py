"""Enrolment: messages between camera, enrolment service and CA service.

Camera and enrolment service use the topics and fields of AWS IoT fleet provisioning: the camera
sends a certificate signing request, then registers with the ownership token of the answer. The
enrolment service passes requests to the CA service, which alone holds the authority's key, as one
JSON line in each direction.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from wire.scalars import Device, Instant, Location, Sentence, WireMessage, Word

CREATE: Final = "$aws/certificates/create-from-csr/json"
TEMPLATE: Final = "onlooker"
PROVISION: Final = f"$aws/provisioning-templates/{TEMPLATE}/provision/json"
ACCEPTED: Final = "/accepted"
REJECTED: Final = "/rejected"
SERIAL_NUMBER: Final = "SerialNumber"
TOKEN_VALID_S: Final = 3_600

Pem = Annotated[str, Meta(max_length=32_768)]
Serial = Annotated[str, Meta(pattern=r"^[0-9a-f]{1,40}$(?!\n)")]
Token = Annotated[str, Meta(min_length=1, max_length=8_192)]


class CertificateRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """First step, camera → enrolment service: a certificate signing request."""

    certificate_signing_request: Pem


class CertificateIssued(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer: a certificate that becomes valid when it is registered with its token."""

    certificate_id: str
    certificate_pem: Pem
    certificate_ownership_token: Token


class Registration(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Second step, camera → enrolment service: register the certificate for a serial number."""

    certificate_ownership_token: Token
    parameters: dict[str, str] = {}


class Registered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer: the device id and the configuration that the allow-list holds."""

    thing_name: Device
    device_configuration: dict[str, str] = {}


class Rejected(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Either step was refused."""

    status_code: int = 0
    error_code: str = "Unknown"
    error_message: str = ""


class SignCommand(WireMessage, frozen=True, kw_only=True, tag="sign"):
    """Sign this request if it is for this device."""

    device: Device
    location: Location
    request: Pem


class WithdrawCommand(WireMessage, frozen=True, kw_only=True, tag="withdraw"):
    """Revoke a certificate: it was not registered in time, or it was replaced."""

    serial: Serial
    reason: Word


class Signed(WireMessage, frozen=True, kw_only=True, tag="signed"):
    """The certificate and its issuer's certificate."""

    serial: Serial
    certificate: Pem
    ends_at: Instant


class Withdrawn(WireMessage, frozen=True, kw_only=True, tag="withdrawn"):
    """The certificate is on the revocation list."""

    serial: Serial


class CommandRefused(WireMessage, frozen=True, kw_only=True, tag="refused"):
    """Why the command was refused, in a sentence that may be shown to the caller."""

    reason: Sentence


CaCommand = SignCommand | WithdrawCommand
CaReply = Signed | Withdrawn | CommandRefused


def encode_line(message: CaCommand | CaReply) -> bytes:
    """Encode one message as one line."""
    return msgspec.json.encode(message) + b"\n"
