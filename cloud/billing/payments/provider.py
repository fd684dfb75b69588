"""What a payment provider does for us, and what it reports.

Every call has a key of ours: a provider executes a call once for each key and answers a repeated
one with the first result. No card data passes through this program: a card is known by the id that
the provider gave it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

METHOD_PATTERN: Final = r"^pm_[A-Za-z0-9_]{1,100}$"
"""An id of a payment method; a card number is refused."""


MOST_URL: Final = 4_000
"""The longest address at which a payer confirms a payment."""


class PaymentStatus(StrEnum):
    """The state of a payment."""

    PENDING = "pending"  # the provider has not answered yet
    REQUIRES_METHOD = "requires_payment_method"  # new, or declined
    REQUIRES_ACTION = "requires_action"  # the payer confirms at `next_url`
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"  # authorised; on account: to be transferred
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class RefundStatus(StrEnum):
    """The state of a refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class CallAction(StrEnum):
    """What is asked of a provider."""

    CREATE = "create"
    CONFIRM = "confirm"
    CAPTURE = "capture"
    REFUND = "refund"
    CANCEL = "cancel"


class ProviderUnavailableError(RuntimeError):
    """The provider did not answer, or cannot now: whether the call was executed is not known."""


class ProviderRefusedError(ValueError):
    """The provider refused a call and has not executed it."""


class WebhookRefusedError(ValueError):
    """A webhook that was not sent by the provider, or that contradicts what is stored."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment to create."""

    payment: str
    amount_minor: int
    currency: str
    is_manual: bool = False  # authorised first, and captured by a second call


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as the provider has it; `payment` is our id, where the provider stores it."""

    reference: str
    payment: str | None
    status: PaymentStatus
    amount_minor: int
    currency: str
    failure: str | None = None
    next_url: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund as the provider has it."""

    reference: str
    payment_reference: str
    status: RefundStatus
    amount_minor: int
    currency: str
    key: str | None = None  # of the call that has asked for it, where the provider stores it


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A webhook whose signature was verified; `subject` None: of no concern to us.

    `created_at` is when the provider wrote it, by its own clock, in whole seconds.
    """

    event_id: str
    kind: str
    subject: ProviderPayment | ProviderRefund | None
    created_at: datetime | None = None


class PaymentProvider(Protocol):
    """A way to pay. Each call raises ProviderUnavailableError or ProviderRefusedError."""

    @property
    def name(self) -> str:
        """Its name in payments."""

    @property
    def extends_credit(self) -> bool:
        """Whether the payer pays later, within a credit limit."""

    @property
    def is_simulated(self) -> bool:
        """Whether it charges nothing and knows test methods only."""

    @property
    def remembers_keys_for(self) -> timedelta | None:
        """How long a repeated key certainly has the first result; None: for ever."""

    def create(self, new: NewPayment, key: str) -> ProviderPayment:
        """Create a payment, which charges nothing."""

    def confirm(self, reference: str, method: str, key: str) -> ProviderPayment:
        """Charge a payment method; a declined one is a result, not an error."""

    def capture(self, reference: str, amount: Amount, key: str) -> ProviderPayment:
        """Take an authorised amount."""

    def refund(self, reference: str, amount: Amount, key: str) -> ProviderRefund:
        """Pay an amount back."""

    def cancel(self, reference: str, amount: Amount, key: str) -> ProviderPayment:
        """End a payment that has not succeeded."""

    def find_payment(self, reference: str) -> ProviderPayment:
        """The payment as it is now."""

    def read_event(self, payload: bytes, signature: str, now: datetime) -> ProviderEvent:
        """Verify and read a webhook; raises WebhookRefusedError."""

    def list_payments(self, first: datetime, until: datetime) -> Iterable[ProviderPayment]:
        """The payments that the provider has created between two instants."""

    def list_refunds(self, first: datetime, until: datetime) -> Iterable[ProviderRefund]:
        """The refunds that the provider has created between two instants."""
