"""Amounts as Stripe counts them, which for a few currencies is not ISO 4217's minor unit."""

from typing import Final

from cloud.billing.payments.provider import ProviderRefusedError

HUNDREDFOLD: Final = frozenset({"ISK", "UGX"})
"""Without a minor unit in ISO 4217, but sent in hundredths."""
IN_TENS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""With three decimals, of which the last must be 0."""


def to_stripe(amount_minor: int, currency: str) -> int:
    """Minor units as Stripe expects them; raises ProviderRefusedError."""
    if currency in HUNDREDFOLD:
        return amount_minor * 100
    if currency in IN_TENS and amount_minor % 10:
        raise ProviderRefusedError(
            f"{amount_minor} minor units of {currency}: Stripe charges whole tens only; ask for a "
            "transfer"
        )
    return amount_minor


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's amount in minor units; a fraction is rounded down and then differs from ours."""
    return amount // 100 if currency in HUNDREDFOLD else amount
