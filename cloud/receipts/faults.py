"""What verification finds: each fault with its kind, and the sums that are proved."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from cloud.receipts.receipt_file import Manifest, MissingInterval


class FaultKind(StrEnum):
    """What is wrong."""

    FILE = "file"  # cannot be read, or was changed after the operator signed it
    LOG_KEY = "log key"  # signed by another key than the given one
    CHECKPOINT = "checkpoint"  # its signature is wrong
    COSIGNER = "cosigner"  # a required cosigner has not signed the checkpoint
    NOT_IN_LOG = "not in the log"
    ALTERED = "altered"  # the signature of the device is wrong
    NOT_OF_DEVICE = "not of the device"  # the certificate is of another device, or unknown
    CERTIFICATE_TIME = "certificate not valid then"
    CHAIN = "certificate not trusted"
    RECORD = "record"  # sums of a creative that the device has not signed
    DUPLICATE = "two receipts of one interval"
    OUTSIDE = "outside of the booked time"
    MISSING = "missing interval"  # without a receipt, and not stated as missing


class ReceiptFault(NamedTuple):
    """One fault: its kind and a sentence that says where."""

    kind: FaultKind
    sentence: str


class SumKey(NamedTuple):
    """What sums are of: a creative on a screen, as one camera measured it."""

    creative: str
    location: str
    device: str


@dataclass(slots=True)
class CreativeTotals:
    """Sums of verified receipts."""

    receipts: int = 0
    plays: int = 0
    observed_ms: int = 0
    person_ms: int = 0
    facing_ms: int = 0
    looking_ms: int = 0


@dataclass(slots=True)
class Verification:
    """The outcome for one file."""

    faults: list[ReceiptFault] = field(default_factory=list)
    manifest: Manifest | None = None
    receipts: int = 0
    log_key: str = ""
    """The key that signed the file."""
    is_key_given: bool = False
    """Whether the verifier was given the key; else it is the one that the file states."""
    is_root_given: bool = False
    """Whether the chains of certificates were verified."""
    totals: dict[SumKey, CreativeTotals] = field(default_factory=dict)
    observed_ms: int = 0
    blind_ms: int = 0

    @property
    def missing(self) -> tuple[MissingInterval, ...]:
        """Intervals that the operator states as missing."""
        return self.manifest.missing if self.manifest else ()

    def add(self, kind: FaultKind, sentence: str) -> None:
        """Add a fault."""
        self.faults.append(ReceiptFault(kind, sentence))
