"""How a camera comes to its certificate, and how the desk that enrols it asks for a signature.

A camera speaks AWS IoT's fleet provisioning, whose field names these are: it asks for a
certificate with its own request, then registers with the token that came with it. The desk passes
requests to the signer, which alone holds the authority's key, one JSON line each way.
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
    """First step, camera → desk: sign this request."""

    certificate_signing_request: Pem


class CertificateIssued(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer: a certificate that counts only once it is registered with its token."""

    certificate_id: str
    certificate_pem: Pem
    certificate_ownership_token: Token


class Registration(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Second step, camera → desk: this certificate is mine, and this is who I am."""

    certificate_ownership_token: Token
    parameters: dict[str, str] = {}


class Registered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer: under which name, and what the desk knows that the camera does not."""

    thing_name: Device
    device_configuration: dict[str, str] = {}


class Rejected(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Either step's refusal."""

    status_code: int = 0
    error_code: str = "Unknown"
    error_message: str = ""


class SignCommand(WireMessage, frozen=True, kw_only=True, tag="sign"):
    """Sign this request, if it is for this device."""

    device: Device
    location: Location
    request: Pem


class WithdrawCommand(WireMessage, frozen=True, kw_only=True, tag="withdraw"):
    """Take a certificate back: nobody registered with it in time, or it has a successor."""

    serial: Serial
    reason: Word


class Signed(WireMessage, frozen=True, kw_only=True, tag="signed"):
    """The certificate with the one above it."""

    serial: Serial
    certificate: Pem
    ends_at: Instant


class Withdrawn(WireMessage, frozen=True, kw_only=True, tag="withdrawn"):
    """It is on the revocation list."""

    serial: Serial


class CommandRefused(WireMessage, frozen=True, kw_only=True, tag="refused"):
    """Why not, in a sentence that may be shown to whoever asked."""

    reason: Sentence


CaCommand = SignCommand | WithdrawCommand
CaReply = Signed | Withdrawn | CommandRefused


def encode_line(message: CaCommand | CaReply) -> bytes:
    """One message as one line."""
    return msgspec.json.encode(message) + b"\n"
