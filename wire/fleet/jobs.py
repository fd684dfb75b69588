"""Job documents: one task of a device each.

Permission to create jobs is not sufficient to change models or program: those packages are signed,
the public key is in the device's own settings, and so are the hosts that files come from and go to.
"""

from datetime import timedelta
from typing import Annotated, Final, Literal

from msgspec import Meta

from wire.scalars import Instant, Sentence, WireMessage

LONGEST_CLIP: Final = timedelta(hours=1)

Version = Annotated[str, Meta(min_length=1, max_length=129, description="NAME or NAME:VERSION")]
Url = Annotated[str, Meta(min_length=1, max_length=4_096)]
Signature = Annotated[str, Meta(max_length=256, description="base64; Ed25519, or ECDSA on P-256")]
Ratio = Annotated[float, Meta(ge=0, le=1)]


class Package(WireMessage, frozen=True, kw_only=True):
    """A model to install: its signed card, byte for byte, and the URL of its weights."""

    card: Annotated[str, Meta(max_length=24_576)]
    signature: Signature
    url: Url


class ModelTrial(WireMessage, frozen=True, kw_only=True):
    """When a new detector is as good as the current one on the same frames, and for how long it is
    monitored after the switch.
    """

    pictures: Annotated[int, Meta(ge=1, le=100_000)] = 100
    faces: Annotated[int, Meta(ge=0, le=100_000)] = 20
    longest_s: Annotated[float, Meta(gt=0, le=86_400)] = 900.0
    disagreement_ratio: Ratio = 0.25
    slower_ratio: Annotated[float, Meta(gt=0, le=100)] = 3.0
    watch_s: Annotated[float, Meta(ge=0, le=3_600)] = 30.0


class ModelJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="model"):
    """Measure with another detector. Without a package it must be installed already."""

    version: Version
    replaces: Version | None = None
    package: Package | None = None
    trial: ModelTrial = ModelTrial()


class RenewJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="renew"):
    """Get a new key and certificate."""


class RestartJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="restart"):
    """Stop in order and start again."""


class DiagnoseJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="diagnose"):
    """Send logs, settings and health, without secrets and images, by PUT to a presigned URL."""

    url: Url


class ClipJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="clip"):
    """Send the recording of these times, every head pixelated, by PUT to a presigned URL. Only a
    device whose own settings enable the recorder has recordings.
    """

    url: Url
    starts_at: Instant
    ends_at: Instant

    def __post_init__(self) -> None:
        if not timedelta(0) < self.ends_at - self.starts_at <= LONGEST_CLIP:
            raise ValueError(f"a clip ends after it starts, and lasts {LONGEST_CLIP} at most")


class PreviewJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="preview"):
    """Send one `wire.fleet.preview.PreviewPicture` by PUT to a presigned URL, not after
    `valid_until`. Only a device whose own settings enable the remote preview sends one.
    """

    url: Url
    valid_until: Instant


class Release(WireMessage, frozen=True, kw_only=True):
    """A version of the program: size and digest of its archive (tar.gz)."""

    version: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$(?!\n)")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    bytes: Annotated[int, Meta(ge=1, le=1024**3)]


class UpdateJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="update"):
    """Install another version of the program. `release` is the signed text of a `Release`."""

    release: Annotated[str, Meta(max_length=1_024)]
    signature: Signature
    url: Url


Job = ModelJob | RenewJob | RestartJob | DiagnoseJob | ClipJob | PreviewJob | UpdateJob


class JobResult(WireMessage, frozen=True, kw_only=True):
    """How a job ended; details are a few short texts, within the limits of the job service."""

    status: Literal["SUCCEEDED", "FAILED", "REJECTED"]
    details: dict[str, Sentence]
