"""What the errors of bookings mean to a client: status, title, and the members of the problem."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from cloud.api.booking.quotes import QuoteRepriced
from cloud.app.slot_quotes import CurrenciesError
from cloud.booking.holds import HoldEndedError, HoldLimitError, UnknownHold
from cloud.booking.inventory.blackouts import BlackoutError, UnknownBlackout
from cloud.booking.inventory.dayparts import DaypartError
from cloud.booking.inventory.products import UnknownDaypart, UnknownProduct
from cloud.booking.quote_locks import (
    QuoteExpiredError,
    QuoteOfferedError,
    QuoteUsedError,
    UnknownQuote,
)
from cloud.booking.slots import NotAvailableError, SlotDemandError
from cloud.booking.takes import NotHeldError
from cloud.database import EPOCH

MOST_SHORT: Final = 100
BOOKING_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    NotAvailableError: (409, "Not available"),
    NotHeldError: (409, "Hold has ended"),
    HoldEndedError: (409, "Hold has ended"),
    HoldLimitError: (409, "Hold limit"),
    QuoteExpiredError: (409, "Quote expired"),
    QuoteRepriced: (409, "Quote expired"),
    QuoteUsedError: (409, "Quote used"),
    QuoteOfferedError: (409, "Quote of a proposal"),
    UnknownHold: (404, "Unknown hold"),
    UnknownQuote: (404, "Unknown quote"),
    UnknownProduct: (404, "Unknown product"),
    UnknownDaypart: (404, "Unknown daypart"),
    UnknownBlackout: (404, "Unknown blackout"),
    BlackoutError: (422, "Invalid blackout"),
    DaypartError: (422, "Invalid daypart"),
    SlotDemandError: (422, "Invalid demand"),
    CurrenciesError: (422, "Several currencies"),
}


def describe_short(error: Exception) -> Mapping[str, Any]:
    """The first slots that have too few free positions."""
    assert isinstance(error, NotAvailableError)
    return {
        "short_slots": [
            {
                "location": one.location,
                "starts_at": (EPOCH + timedelta(seconds=one.starts_at_s)).isoformat(),
                "free": one.free,
                "reason": one.reason.value,
            }
            for one in error.slots[:MOST_SHORT]
        ],
        "short_count": len(error.slots),
    }


def describe_new_price(error: Exception) -> Mapping[str, Any]:
    """The new quote in place of the expired one."""
    assert isinstance(error, QuoteRepriced)
    return error.members


BOOKING_MEMBERS_OF: Final[Mapping[type[Exception], Callable[[Exception], Mapping[str, Any]]]] = {
    NotAvailableError: describe_short,
    QuoteRepriced: describe_new_price,
}
