"""A device's signed statement of its privacy settings.

The signature is over `canonical(manifest)`, with the key of the device's certificate (ECDSA over
P-256 with SHA-256, ASN.1 DER, in base64). It can be verified with the certificate alone:
`openssl dgst -sha256 -verify key.pem -signature signature.der manifest.json`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from wire.audience import Versions
from wire.scalars import Count, Device, Instant, Location, Milliseconds, WireMessage, Word


class PrivacyManifest(WireMessage, frozen=True, kw_only=True):
    """The active switches. `leaves` lists the channels on which messages are sent.

    `remote_preview` is absent where it is off, as in the manifests of agents without it.
    """

    schema: Literal["1"] = "1"
    device: Device
    location: Location
    issued_at: Instant
    versions: Versions
    report_interval_ms: Milliseconds
    demographics: bool
    emotion: bool
    smallest_cell: Count
    masks: Count
    recorder: bool
    recording_ms: Milliseconds
    preview: bool
    remote_preview: bool | UnsetType = UNSET
    leaves: tuple[Word, ...]


class SignedManifest(WireMessage, frozen=True, kw_only=True):
    """A manifest with its signature; `key` is the start of the SHA-256 of the public key (DER)."""

    manifest: PrivacyManifest
    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    signature: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{80,124}={0,2}$(?!\n)")]


def canonical(manifest: PrivacyManifest) -> bytes:
    """The signed bytes: JSON without spaces, fields ordered by name."""
    return msgspec.json.encode(manifest, order="sorted")
