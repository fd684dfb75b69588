"""Value added tax: the category and rate of an invoice, and the check of VAT numbers.

Categories are those of EN 16931. Advertising between businesses is taxed where the buyer is: a
buyer in the seller's country pays the seller's rate, and a buyer abroad with a valid VAT number
accounts for the tax itself (reverse charge). Without a valid number a buyer abroad is not shown to
be a business and pays the seller's rate. Exceptions of the configuration come first. A number is
checked by its form and check digits, not by a register.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

COUNTRY_PATTERN: Final = r"^[A-Z]{2}$"
Country = Annotated[str, Meta(pattern=COUNTRY_PATTERN)]
PREFIXES: Final = {"GR": "EL"}
"""Countries whose VAT numbers begin with another code than the country's."""
MOST_PERCENT: Final = Decimal(100)
ZERO: Final = Decimal(0)
REVERSE_CHARGE_REASON: Final = "Reverse charge: the buyer accounts for the VAT"


class VatError(ValueError):
    """A treatment that cannot be decided."""


class VatCategory(StrEnum):
    """The category of EN 16931 (UNTDID 5305)."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"


class VatRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The standard rate of a country from a day on."""

    country: Country
    percent: Decimal
    valid_from: date

    def __post_init__(self) -> None:
        if not (self.percent.is_finite() and ZERO < self.percent < MOST_PERCENT):
            raise ValueError(f"percent is {self.percent}: write a rate above 0 and below 100")


class VatException(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account, or the buyers of a country, that pay no VAT from a day on."""

    category: VatCategory
    valid_from: date
    reason: Annotated[str, Meta(min_length=3, max_length=200)]
    account: str | None = None
    country: Country | None = None
    valid_until: date | None = None  # not included

    def __post_init__(self) -> None:
        if self.category not in (VatCategory.ZERO, VatCategory.EXEMPT):
            raise ValueError(f"category is {self.category}: an exception has Z or E")
        if (self.account is None) == (self.country is None):
            raise ValueError("an exception names either an account or a country")


class VatRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rates and exceptions, each from a day on."""

    rates: Annotated[tuple[VatRate, ...], Meta(min_length=1)]
    exceptions: tuple[VatException, ...] = ()


class VatTreatment(msgspec.Struct, frozen=True):
    """What a document states: its category, its rate, and why no VAT is charged."""

    category: VatCategory
    percent: Decimal
    reason: str = ""


class TaxParty(msgspec.Struct, frozen=True):
    """What decides the treatment about a seller or a buyer."""

    country: str
    vat_number: str | None = None
    account: str = ""


def decide_vat(rules: VatRules, seller: TaxParty, buyer: TaxParty, on: date) -> VatTreatment:
    """The treatment of services of the seller to the buyer that were complete on a day.

    Raises:
        VatError: the seller's country has no rate on that day.
    """
    exception = _find_exception(rules.exceptions, buyer, on)
    if exception is not None:
        return VatTreatment(exception.category, ZERO, exception.reason)
    is_abroad = buyer.country != seller.country
    if is_abroad and write_vat_number(buyer.country, buyer.vat_number) is not None:
        return VatTreatment(VatCategory.REVERSE_CHARGE, ZERO, REVERSE_CHARGE_REASON)
    return VatTreatment(VatCategory.STANDARD, _find_rate(rules.rates, seller.country, on))


def write_vat_number(country: str, number: str | None) -> str | None:
    """A VAT number with the prefix of its country, without spaces; None if it is not valid."""
    if not number:
        return None
    checker = get_cc_module(country.lower(), "vat")
    if checker is None:
        return None
    try:
        compact: str = checker.validate(number)
    except ValidationError:
        return None
    prefix = PREFIXES.get(country, country)
    return prefix + compact.removeprefix(prefix)


def _find_rate(rates: Sequence[VatRate], country: str, on: date) -> Decimal:
    fitting = [one for one in rates if one.country == country and one.valid_from <= on]
    if not fitting:
        raise VatError(
            f"no VAT rate of {country} is valid on {on.isoformat()}: add one to vat.rates of the "
            "billing file"
        )
    return max(fitting, key=lambda one: one.valid_from).percent


def _find_exception(
    exceptions: Sequence[VatException], buyer: TaxParty, on: date
) -> VatException | None:
    """The exception of the account, else that of its country; the newest of several."""
    fitting = [
        one
        for one in exceptions
        if one.valid_from <= on
        and (one.valid_until is None or on < one.valid_until)
        and (one.account == buyer.account if one.account else one.country == buyer.country)
    ]
    return max(fitting, key=lambda one: (one.account is not None, one.valid_from), default=None)
