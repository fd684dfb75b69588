"""The outcome of a call whose key its provider may have forgotten: it is looked up, not sent again.

A provider that has forgotten a key executes the call a second time, which would pay a refund twice.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from cloud.billing.payments.payment_store import Payment, ProviderCall
from cloud.billing.payments.provider import (
    CallAction,
    PaymentProvider,
    ProviderPayment,
    ProviderRefund,
    ProviderRefusedError,
)

MARGIN: Final = timedelta(hours=1)
"""A key is not used in the last hour of its life; clocks may differ by as much."""
Found = TypeVar("Found")


def is_expired(provider: PaymentProvider, call: ProviderCall, now: datetime) -> bool:
    """Whether a call is too old to be sent again; its key is not older than the call."""
    lives_for = provider.remembers_keys_for
    return lives_for is not None and now >= call.started_at + lives_for - MARGIN


def find_outcome(
    provider: PaymentProvider, stored: Payment, call: ProviderCall, now: datetime
) -> ProviderPayment | ProviderRefund:
    """What the provider has of a call, or the payment as it is now.

    Raises:
        ProviderRefusedError: the provider has not executed it.
        ProviderUnavailableError: the provider does not answer now.
    """
    since, until = call.started_at - MARGIN, now + MARGIN
    if call.action is CallAction.CREATE:
        created = provider.list_payments(since, until)
        return _require((one for one in created if one.payment == stored.id), call)
    if call.action is CallAction.REFUND:
        refunds = provider.list_refunds(since, until)
        return _require((one for one in refunds if one.key == call.key), call)
    return provider.find_payment(stored.reference or "")


def _require(found: Iterable[Found], call: ProviderCall) -> Found:
    first = next(iter(found), None)
    if first is None:
        raise ProviderRefusedError(
            f"the provider has not executed the {call.action} of {call.started_at:%Y-%m-%d %H:%M} "
            "UTC: ask for it again"
        )
    return first
