"""The billing file: who sells, when an invoice becomes final, numbers, terms and VAT."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from stdnum import iban as ibans

from cloud.billing.vat import Country, VatRules, write_vat_number
from cloud.campaigns.delivery import LATE_DATA
from cloud.sites.vocabulary import check_timezone
from cloud.yaml_document import read_document

SAMPLE: Final = Path(__file__).parents[1] / "samples" / "billing.yaml"
Line = Annotated[str, Meta(min_length=1, max_length=120)]
Series = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]


class Seller(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The media owner, as invoices name it."""

    name: Line
    address: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=5)]
    country: Country
    email: Line
    vat_number: str | None = None
    company_number: Line | None = None
    iban: str | None = None
    time_zone: str = "Europe/London"

    def __post_init__(self) -> None:
        check_timezone(self.time_zone)
        if self.vat_number is not None and not write_vat_number(self.country, self.vat_number):
            raise ValueError(f"vat_number is no VAT number of {self.country}: correct its digits")
        if self.iban is not None and not ibans.is_valid(self.iban):
            raise ValueError("iban has wrong check digits: correct it")

    @property
    def zone(self) -> ZoneInfo:
        """The clock that decides the month of a slot and the day of an invoice."""
        return ZoneInfo(self.time_zone)


class SeriesNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first part of document numbers, which are unique within a series."""

    invoice: Series = "INV"
    credit_note: Series = "CN"

    def __post_init__(self) -> None:
        if self.invoice == self.credit_note:
            raise ValueError("invoice and credit_note need different series")


class BillingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    version: Annotated[int, Meta(ge=1, le=1)]
    seller: Seller
    vat: VatRules
    late_data_days: Annotated[int, Meta(ge=0, le=90)] = LATE_DATA.days
    terms_days: Annotated[int, Meta(ge=0, le=180)] = 30
    series: SeriesNames = msgspec.field(default_factory=SeriesNames)

    def __post_init__(self) -> None:
        if not any(rate.country == self.seller.country for rate in self.vat.rates):
            raise ValueError(f"vat.rates has no rate of {self.seller.country}, the seller's")

    @property
    def late_data_window(self) -> timedelta:
        """How long after the end of its period an invoice stays tentative."""
        return timedelta(days=self.late_data_days)


def load_billing(path: Path = SAMPLE) -> BillingConfig:
    """Read a billing file; raises DocumentError."""
    return read_document(path, BillingConfig)
