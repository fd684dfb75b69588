"""Terms of measurement: what the seller's cameras can prove, and what a buyer may ask for.

A delivery is tentative until late reports can no longer change it, and final then. Invoices and
make-goods follow from the final figures. A proposal is refused where it demands more than that;
otherwise the agreed terms are the seller's, whatever vendor and window the buyer proposed.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

TENTATIVE: Final = "tentative"
FINAL: Final = "final"
FINAL_AFTER_DAYS: Final = 7
"""As `cloud.campaigns.delivery.LATE_DATA`, which a test compares."""
LEAST_VARIANCE_PERCENT: Final = 10
"""Below it two counts differ by the interval of the measurement alone."""
REMEDIES: Final = ("additional_delivery", "credit")

MEASUREMENT_WINDOWS: Final[list[dict[str, Any]]] = [
    {
        "window_id": TENTATIVE,
        "description": "Plays and audience as reported so far; reports of devices that were "
        "offline are missing",
        "duration_days": 0,
        "expected_availability_days": 0,
        "is_guarantee_basis": False,
    },
    {
        "window_id": FINAL,
        "description": "Plays and audience once late reports can no longer change them",
        "duration_days": 0,
        "expected_availability_days": FINAL_AFTER_DAYS,
        "is_guarantee_basis": True,
    },
]


class TermsRejectedError(ValueError):
    """Terms that the seller does not accept; `field` is the one."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class BillingMeasurement(msgspec.Struct, frozen=True):
    """Whose count governs the invoice."""

    vendor: dict[str, Any]
    max_variance_percent: Annotated[float, Meta(ge=0, lt=100)] | None = None
    measurement_window: Annotated[str, Meta(max_length=50)] | None = None


class MakegoodPolicy(msgspec.Struct, frozen=True):
    """Remedies that the buyer accepts."""

    available_remedies: Annotated[
        tuple[Annotated[str, Meta(max_length=40)], ...], Meta(min_length=1, max_length=10)
    ]


class MeasurementTerms(msgspec.Struct, frozen=True):
    """Proposed terms."""

    billing_measurement: BillingMeasurement | None = None
    makegood_policy: MakegoodPolicy | None = None


def agree_on_terms(proposed: MeasurementTerms, publisher: str) -> dict[str, Any]:
    """The agreed terms; raises TermsRejectedError."""
    billing, policy = proposed.billing_measurement, proposed.makegood_policy
    variance = billing.max_variance_percent if billing else None
    if variance is not None and variance < LEAST_VARIANCE_PERCENT:
        raise TermsRejectedError(
            "billing_measurement.max_variance_percent",
            f"found {variance:g} percent: the interval of the measurement needs at least "
            f"{LEAST_VARIANCE_PERCENT}",
        )
    asked = policy.available_remedies if policy else REMEDIES
    remedies = [one for one in asked if one in REMEDIES]
    if not remedies:
        raise TermsRejectedError(
            "makegood_policy.available_remedies", f"offered are {', '.join(REMEDIES)}"
        )
    return describe_terms(publisher, variance, remedies)


def describe_terms(
    publisher: str, variance: float | None = None, remedies: list[str] | None = None
) -> dict[str, Any]:
    """The seller's terms, also those of a product."""
    return {
        "billing_measurement": {
            "vendor": {"domain": publisher},
            "max_variance_percent": LEAST_VARIANCE_PERCENT if variance is None else variance,
            "measurement_window": FINAL,
        },
        "makegood_policy": {"available_remedies": remedies or [*REMEDIES]},
    }
