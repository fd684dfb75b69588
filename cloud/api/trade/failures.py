"""What the errors of private deals mean to a client: status and title."""

from collections.abc import Mapping
from typing import Final

from cloud.messaging.failures import TargetError
from cloud.trade.deals.deal import DealRefusedError, UnknownDealError
from cloud.trade.deals.request_store import UnknownRequestError

TRADE_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    UnknownDealError: (404, "Unknown deal"),
    UnknownRequestError: (404, "Unknown bid request"),
    DealRefusedError: (409, "Deal refused"),
    TargetError: (422, "Invalid address"),
}
