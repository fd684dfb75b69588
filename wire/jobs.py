"""What a camera may be told to do once: the documents of its jobs.

A job says nothing that a camera must believe. What changes its models or its program is signed by
a key whose public half stands in the camera's own settings, and files come from and go to hosts
that stand there too; whoever can write jobs alone can change neither.
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
    """A model on its way: its card as signed, byte for byte, and where the weights are."""

    card: Annotated[str, Meta(max_length=24_576)]
    signature: Signature
    url: Url


class ModelTrial(WireMessage, frozen=True, kw_only=True):
    """When a new detector is as good as the old, seen on the same pictures, and for how long
    it is watched after it has taken over.
    """

    pictures: Annotated[int, Meta(ge=1, le=100_000)] = 100
    faces: Annotated[int, Meta(ge=0, le=100_000)] = 20
    longest_s: Annotated[float, Meta(gt=0, le=86_400)] = 900.0
    disagreement_ratio: Ratio = 0.25
    slower_ratio: Annotated[float, Meta(gt=0, le=100)] = 3.0
    watch_s: Annotated[float, Meta(ge=0, le=3_600)] = 30.0


class ModelJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="model"):
    """Measure with another detector. Without a package it must be on the camera already."""

    version: Version
    replaces: Version | None = None
    package: Package | None = None
    trial: ModelTrial = ModelTrial()


class RenewJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="renew"):
    """Get a new key and certificate."""


class RestartJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="restart"):
    """End in order and begin anew."""


class DiagnoseJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="diagnose"):
    """Send logs, settings and health, without secrets and pictures, by PUT to a presigned URL."""

    url: Url


class ClipJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="clip"):
    """Send what the recorder kept of these times, every head under a mosaic, by PUT to a presigned
    URL. Only a camera whose own settings switch the recorder on has any.
    """

    url: Url
    starts_at: Instant
    ends_at: Instant

    def __post_init__(self) -> None:
        if not timedelta(0) < self.ends_at - self.starts_at <= LONGEST_CLIP:
            raise ValueError(f"a clip ends after it starts, and lasts {LONGEST_CLIP} at most")


class Release(WireMessage, frozen=True, kw_only=True):
    """A version of the program: what its archive (tar.gz) must be."""

    version: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$(?!\n)")]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, Meta(ge=1, le=1024**3)]


class UpdateJob(WireMessage, frozen=True, kw_only=True, tag_field="operation", tag="update"):
    """Become another version of the program. `release` is the signed text of a `Release`."""

    release: Annotated[str, Meta(max_length=1_024)]
    signature: Signature
    url: Url


Job = ModelJob | RenewJob | RestartJob | DiagnoseJob | ClipJob | UpdateJob


class JobResult(WireMessage, frozen=True, kw_only=True):
    """How a job ended; details are a few short words, as the service takes them."""

    status: Literal["SUCCEEDED", "FAILED", "REJECTED"]
    details: dict[str, Sentence]
