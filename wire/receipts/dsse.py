"""DSSE envelopes (Dead Simple Signing Envelope 1.0): a payload, its type and its signatures.

The signature covers the payload as it was sent, so that no reader has to encode it again. Base64
is accepted in one form only: a changed character always changes the bytes.
https://github.com/secure-systems-lab/dsse
"""

import base64
import binascii
from typing import Annotated

from msgspec import Meta

from wire.scalars import WireMessage

KeyId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}$(?!\n)",
        description="SHA-256 of the certificate in DER, in hexadecimal",
    ),
]


class DsseError(ValueError):
    """An envelope that cannot be read."""


class Signature(WireMessage, frozen=True, kw_only=True):
    """A signature over the pre-authentication encoding, and the certificate of its key."""

    keyid: KeyId
    sig: Annotated[str, Meta(max_length=1024)]


class Envelope(WireMessage, frozen=True, kw_only=True, rename="camel"):
    """A payload with its signature."""

    payload: Annotated[str, Meta(max_length=32 * 1024)]
    payload_type: Annotated[str, Meta(max_length=100)]
    signatures: Annotated[tuple[Signature, ...], Meta(min_length=1, max_length=1)]

    @property
    def signature(self) -> Signature:
        """The one signature."""
        return self.signatures[0]

    @property
    def payload_bytes(self) -> bytes:
        """The payload; raises DsseError."""
        return decode_base64(self.payload)

    @property
    def signed_bytes(self) -> bytes:
        """The bytes that the signature covers; raises DsseError."""
        return encode_pre_authentication(self.payload_type, self.payload_bytes)


def encode_pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding (PAE): the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def build_envelope(payload_type: str, payload: bytes, keyid: str, signature: bytes) -> Envelope:
    """An envelope of a payload that is signed."""
    return Envelope(
        payload=base64.b64encode(payload).decode(),
        payload_type=payload_type,
        signatures=(Signature(keyid=keyid, sig=base64.b64encode(signature).decode()),),
    )


def decode_base64(text: str) -> bytes:
    """Decode standard base64 in its canonical form; raises DsseError."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DsseError(f"{text[:40]!r} is no base64: {error}") from None
    if base64.b64encode(decoded).decode() != text:
        raise DsseError(f"{text[-40:]!r} ends in bits that mean nothing: expected canonical base64")
    return decoded
