"""Errors in AdCP's form: a code, a message, the field, what to do, and whether to try again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy.exc import DataError, DBAPIError

from cloud.api.audience import RangeError
from cloud.api.booking.failures import describe_short
from cloud.app.context import ForecastFailed
from cloud.app.idempotency.key_store import KeyInUse, KeyReused
from cloud.app.slot_quotes import CurrenciesError
from cloud.auth.accounts.account_store import UnknownAccountError
from cloud.booking.adcp.package_store import UnknownPackageError
from cloud.booking.adcp.pricing_options import UnknownPricingOptionError
from cloud.booking.holds import HoldLimitError
from cloud.booking.inventory.dayparts import DaypartError
from cloud.booking.inventory.products import UnknownProduct
from cloud.booking.orders.credit import CreditLimitError
from cloud.booking.orders.order_rows import UnknownOrderError
from cloud.booking.orders.order_work import NotAllowedError
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.slots import NotAvailableError, SlotDemandError
from cloud.booking.transitions import ReasonRequiredError, TransitionError
from cloud.campaigns.creative_checks import CreativeRefusedError
from cloud.campaigns.creatives import CreativeConflictError, UnknownCreativeError
from cloud.money import MoneyError
from cloud.pricing.slot import SlotError
from cloud.sites.sites import UnknownLocation

MOST_TEXT: Final = 1_000
CORRECTABLE: Final = "correctable"
TRANSIENT: Final = "transient"
TERMINAL: Final = "terminal"
RETRY_AFTER_S: Final = 5
KEY_CONFLICT: Final = "IDEMPOTENCY_CONFLICT"
_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")


class AdcpError(Exception):
    """A refusal, ready to be sent."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        suggestion: str | None = None,
        recovery: str = CORRECTABLE,
        retry_after: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.suggestion = suggestion
        self.recovery = recovery
        self.retry_after = retry_after
        self.details = dict(details or {})

    def describe(self) -> dict[str, Any]:
        """As AdCP writes it; a conflict of keys says nothing else, since a key may be stolen."""
        if self.code == KEY_CONFLICT:
            return {"code": self.code, "message": self.message}
        found: dict[str, Any] = {
            "code": self.code, "message": self.message[:MOST_TEXT], "recovery": self.recovery,
        }  # fmt: skip
        for name in ("field", "suggestion", "retry_after"):
            value = getattr(self, name)
            if value is not None:
                found[name] = value
        if self.details:
            found["details"] = self.details
        return found


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an exception means to a buyer's agent."""

    code: str
    recovery: str = CORRECTABLE
    suggestion: str | None = None


MEANINGS: Final[Mapping[type[Exception], Meaning]] = {
    UnknownProduct: Meaning("PRODUCT_NOT_FOUND", suggestion="get_products lists what is for sale"),
    UnknownPricingOptionError: Meaning("VALIDATION_ERROR"),
    UnknownOrderError: Meaning("MEDIA_BUY_NOT_FOUND", suggestion="get_media_buys lists yours"),
    UnknownPackageError: Meaning("PACKAGE_NOT_FOUND", suggestion="get_media_buys lists yours"),
    UnknownAccountError: Meaning(
        "ACCOUNT_NOT_FOUND", TERMINAL, "list_accounts lists yours; sync_accounts registers a brand"
    ),
    UnknownCreativeError: Meaning("CREATIVE_NOT_FOUND", suggestion="sync_creatives stores it"),
    UnknownLocation: Meaning("PRODUCT_UNAVAILABLE", suggestion="choose another product"),
    NotAvailableError: Meaning(
        "PRODUCT_UNAVAILABLE", suggestion="choose other hours with daypart_targets, or other dates"
    ),
    CreditLimitError: Meaning("ACCOUNT_PAYMENT_REQUIRED", TERMINAL),
    HoldLimitError: Meaning("RATE_LIMITED", TRANSIENT),
    TransitionError: Meaning("INVALID_STATE", suggestion="see valid_actions in get_media_buys"),
    NotAllowedError: Meaning("PERMISSION_DENIED", TERMINAL),
    CreativeRefusedError: Meaning("CREATIVE_REJECTED"),
    CreativeConflictError: Meaning("VALIDATION_ERROR"),
    KeyReused: Meaning(KEY_CONFLICT),
    KeyInUse: Meaning("SERVICE_UNAVAILABLE", TRANSIENT, "send the same request again"),
    DaypartError: Meaning("VALIDATION_ERROR"),
    RangeError: Meaning("VALIDATION_ERROR"),
    SlotError: Meaning("VALIDATION_ERROR"),
    SlotDemandError: Meaning("VALIDATION_ERROR"),
    MoneyError: Meaning("VALIDATION_ERROR"),
    CurrenciesError: Meaning("VALIDATION_ERROR"),
    OrderRefused: Meaning("VALIDATION_ERROR"),
    ReasonRequiredError: Meaning("VALIDATION_ERROR"),
    ForecastFailed: Meaning("SERVICE_UNAVAILABLE", TRANSIENT),
    DataError: Meaning("VALIDATION_ERROR"),
    DBAPIError: Meaning("SERVICE_UNAVAILABLE", TRANSIENT),
}
"""Exception to its meaning. `DataError` and `DBAPIError` have statements in their texts."""
TEXTS: Final[Mapping[type[Exception], str]] = {
    DataError: "a text has a NUL character or is too long, or a number is too large",
    DBAPIError: "the database cannot be reached: send the request again in a few seconds",
    KeyReused: "the idempotency_key belongs to another request: send a new one with a new request",
    UnknownAccountError: "no account of yours is meant by the reference",
    UnknownCreativeError: "no creative of yours has that id",
    UnknownOrderError: "no media buy of yours has that id",
    UnknownPackageError: "no package of yours has that id",
    UnknownProduct: "no product for sale has that id",
}
"""Texts in place of those of exceptions, which name other interfaces."""


def to_adcp_error(error: Exception) -> AdcpError | None:
    """The refusal that an exception stands for; None for one that is a fault."""
    if isinstance(error, AdcpError):
        return error
    kind = next((kind for kind in type(error).__mro__ if kind in MEANINGS), None)
    if kind is None:
        return None
    meaning = MEANINGS[kind]
    retry_after = RETRY_AFTER_S if meaning.recovery == TRANSIENT else None
    details = describe_short(error) if isinstance(error, NotAvailableError) else {}
    return AdcpError(
        meaning.code,
        TEXTS.get(kind) or str(error),
        suggestion=meaning.suggestion,
        recovery=meaning.recovery,
        retry_after=retry_after,
        details=details,
    )


def invalid_arguments(error: msgspec.ValidationError) -> AdcpError:
    """The refusal of arguments of another type, with the field that AdCP's form names."""
    text = str(error)
    place = _PLACE.search(text)
    missing = re.search(r"missing required field `(\w+)`", text)
    path = place[1] if place else ""
    if missing:
        path = f"{path}.{missing[1]}" if path else missing[1]
    return AdcpError(
        "INVALID_REQUEST",
        _PLACE.sub("", text),
        field=path or None,
        suggestion="the input schema in tools/list has the types",
    )


def invalid_value(field: str, message: str, suggestion: str | None = None) -> AdcpError:
    """The refusal of a value."""
    return AdcpError("VALIDATION_ERROR", message, field=field, suggestion=suggestion)
