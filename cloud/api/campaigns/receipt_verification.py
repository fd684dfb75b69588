"""The outcome of a verification of receipts as a JSON document. Times are seconds."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field

from cloud.receipts.faults import CreativeTotals, FaultKind, SumKey, Verification

MOST_VERIFIED: Final = 2_000
"""Receipts that one request verifies: about two seconds."""
MOST_FAULTS: Final = 50
MOST_MISSING: Final = 200
SECOND_MS: Final = 1_000


class ReceiptFaultDocument(BaseModel):
    """One fault: its kind and a sentence that says where."""

    kind: FaultKind
    sentence: str


class MissingReceiptDocument(BaseModel):
    """Booked time that the operator states as missing."""

    location: str = Field(examples=["KX-01"])
    device: str = Field(examples=["kx-01-cam-1"])
    starts_at: datetime
    ends_at: datetime


class ProvedSumsDocument(BaseModel):
    """Sums of verified receipts: one creative on one screen, as one camera measured it."""

    creative: str
    location: str
    device: str
    receipts: int
    plays: int
    observed_s: float
    person_s: float
    attention_s: float


class ReceiptVerificationDocument(BaseModel):
    """What the receipts of a campaign, or the latest of them, prove, and every fault."""

    is_verified: bool = Field(description="no fault was found")
    verified_from: datetime | None = Field(
        description="null: all booked time that was asked for was verified; else only that after "
        f"this moment, which the latest {MOST_VERIFIED:,} receipts cover: ask for the rest with "
        "`until`"
    )
    is_root_given: bool = Field(
        description="whether the certificates of devices were traced to a root of the server"
    )
    log_key: str = Field(description="public key of the log that signed the file")
    receipts: int
    observed_s: float = Field(description="in verified receipts")
    unobserved_s: float = Field(description="in verified receipts")
    totals: list[ProvedSumsDocument]
    missing: list[MissingReceiptDocument] = Field(description="at most 200")
    missing_count: int
    faults: list[ReceiptFaultDocument] = Field(description="at most 50")
    fault_count: int


def describe_verification(
    outcome: Verification, verified_from: datetime | None
) -> ReceiptVerificationDocument:
    """An outcome as a document."""
    return ReceiptVerificationDocument(
        is_verified=not outcome.faults,
        verified_from=verified_from,
        is_root_given=outcome.is_root_given,
        log_key=outcome.log_key,
        receipts=outcome.receipts,
        observed_s=outcome.observed_ms / SECOND_MS,
        unobserved_s=outcome.blind_ms / SECOND_MS,
        totals=[_describe_sums(key, one) for key, one in sorted(outcome.totals.items())],
        missing=[
            MissingReceiptDocument(
                location=one.location, device=one.device, starts_at=one.starts_at,
                ends_at=one.ends_at,
            )
            for one in outcome.missing[:MOST_MISSING]
        ],
        missing_count=len(outcome.missing),
        faults=[
            ReceiptFaultDocument(kind=one.kind, sentence=one.sentence)
            for one in outcome.faults[:MOST_FAULTS]
        ],
        fault_count=len(outcome.faults),
    )  # fmt: skip


def _describe_sums(key: SumKey, sums: CreativeTotals) -> ProvedSumsDocument:
    return ProvedSumsDocument(
        **key._asdict(),
        receipts=sums.receipts,
        plays=sums.plays,
        observed_s=sums.observed_ms / SECOND_MS,
        person_s=sums.person_ms / SECOND_MS,
        attention_s=sums.looking_ms / SECOND_MS,
    )
