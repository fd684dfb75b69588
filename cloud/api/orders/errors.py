"""What the refusals of orders are answered with: status and title."""

from collections.abc import Mapping
from typing import Final

from cloud.booking.orders.change_store import UnknownChangeError
from cloud.booking.orders.credit import CreditLimitError
from cloud.booking.orders.lifecycle import PriceExpiredError
from cloud.booking.orders.order_rows import UnknownOrderError
from cloud.booking.orders.order_work import NotAllowedError
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.transitions import ReasonRequiredError, TransitionError

ORDER_ERRORS: Final[Mapping[type[Exception], tuple[int, str]]] = {
    UnknownOrderError: (404, "Unknown order"),
    UnknownChangeError: (404, "Unknown change"),
    NotAllowedError: (403, "Forbidden"),
    TransitionError: (409, "Wrong state"),
    PriceExpiredError: (409, "Quote expired"),
    CreditLimitError: (409, "Credit limit exceeded"),
    OrderRefused: (422, "Invalid order"),
    ReasonRequiredError: (422, "Reason missing"),
}
