"""An account: a media owner, an agency, or an advertiser, and what its invoices need.

The id is the text that API keys name as their account. Amounts are minor units of the account's
currency; the commission of an agency is in basis points (1500 is 15 %). A credit limit of 0 means
that every order is paid in advance.
"""

import re
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from iso4217 import Currency

from cloud.auth.keys import ACCOUNT_PATTERN

MAX_NAME: Final = 120
MAX_EMAIL: Final = 254
MAX_ADDRESS_LINES: Final = 6
MAX_COMMISSION_BP: Final = 5_000
MAX_CREDIT_MINOR: Final = 10**15
_ID: Final = re.compile(ACCOUNT_PATTERN, re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_VAT_NUMBER: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{2,18}", re.ASCII)
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,187}[A-Za-z0-9])?",
    re.ASCII,
)


class AccountError(ValueError):
    """An account or a brand that cannot be stored; the message says what to write."""


class AccountKind(StrEnum):
    """What an organisation is in the trade."""

    MEDIA_OWNER = "media_owner"
    AGENCY = "agency"
    ADVERTISER = "advertiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProfile:
    """What staff write about an account."""

    id: str
    name: str
    kind: AccountKind
    agency: str | None = None
    """Account of the agency that acts for this advertiser."""
    currency: str = "GBP"
    country: str = "GB"
    vat_number: str | None = None
    address: tuple[str, ...] = ()
    billing_email: str | None = None
    commission_bp: int = 0
    credit_limit_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(AccountProfile):
    """A stored account."""

    created_at: datetime
    closed_at: datetime | None = None

    @property
    def profile(self) -> AccountProfile:
        """What can be written about it."""
        return AccountProfile(
            **{one.name: getattr(self, one.name) for one in fields(AccountProfile)}
        )

    @property
    def is_open(self) -> bool:
        """Whether it may sign in and buy."""
        return self.closed_at is None


def validate_profile(profile: AccountProfile) -> None:
    """Check every field by itself; raises AccountError with the first that is wrong."""
    if not _ID.fullmatch(profile.id):
        raise AccountError(
            f"account {profile.id[:40]!r}: write 1 to 40 lower-case letters, digits and hyphens, "
            "not a hyphen first"
        )
    validate_line("name", profile.name)
    _validate_trade(profile)
    _validate_currency(profile.currency)
    if not _COUNTRY.fullmatch(profile.country):
        raise AccountError(
            f"country {profile.country[:8]!r}: write the two letters of ISO 3166, such as GB"
        )
    if profile.vat_number is not None and not _VAT_NUMBER.fullmatch(profile.vat_number):
        raise AccountError(
            f"VAT number {profile.vat_number[:24]!r}: write it with its country code and without "
            "blanks, such as GB123456789"
        )
    if profile.billing_email is not None:
        validate_email(profile.billing_email)
    if len(profile.address) > MAX_ADDRESS_LINES:
        raise AccountError(
            f"the address has {len(profile.address)} lines: write at most {MAX_ADDRESS_LINES}"
        )
    for line in profile.address:
        validate_line("address line", line)


def validate_line(what: str, text: str) -> None:
    """One line of printable text; raises AccountError."""
    if not 1 <= len(text.strip()) <= MAX_NAME or text != text.strip() or not text.isprintable():
        raise AccountError(
            f"{what} {text[:80]!r}: write 1 to {MAX_NAME} printable characters, without blanks "
            "around them"
        )


def validate_email(address: str) -> None:
    """A mail address that one message can be sent to; raises AccountError."""
    if len(address) > MAX_EMAIL or not _EMAIL.fullmatch(address):
        raise AccountError(
            f"e-mail address {address[:80]!r}: write one such as ann@example.org, in ASCII"
        )


def _validate_trade(profile: AccountProfile) -> None:
    if profile.agency is not None and profile.kind is not AccountKind.ADVERTISER:
        raise AccountError(f"a {profile.kind} has no agency: only an advertiser may name one")
    if profile.commission_bp and profile.kind is not AccountKind.AGENCY:
        raise AccountError(f"a {profile.kind} has no commission: only an agency has one")
    if not 0 <= profile.commission_bp <= MAX_COMMISSION_BP:
        raise AccountError(
            f"commission {profile.commission_bp}: write basis points from 0 to {MAX_COMMISSION_BP}"
        )
    if not 0 <= profile.credit_limit_minor <= MAX_CREDIT_MINOR:
        raise AccountError(
            f"credit limit {profile.credit_limit_minor}: write minor units from 0 to "
            f"{MAX_CREDIT_MINOR}"
        )


def _validate_currency(code: str) -> None:
    try:
        known = Currency(code).exponent is not None
    except ValueError:
        known = False
    if not known:
        raise AccountError(f"currency {code[:8]!r}: write a code of ISO 4217, such as GBP")
