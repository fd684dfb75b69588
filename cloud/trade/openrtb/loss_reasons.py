"""Why a bid does not win: the loss reason codes of OpenRTB."""

from enum import IntEnum


class LossReason(IntEnum):
    """The code that `${AUCTION_LOSS}` has."""

    WON = 0
    INTERNAL_ERROR = 1
    OPPORTUNITY_EXPIRED = 2
    INVALID_RESPONSE = 3
    INVALID_DEAL = 4
    INVALID_REQUEST_ID = 5
    MISSING_CREATIVE_ID = 8
    MISSING_PRICE = 9
    NO_APPROVAL_DATA = 10
    BELOW_DEAL_FLOOR = 101
    HIGHER_BID = 102
    SEAT_BLOCKED = 104
    CREATIVE_FILTERED = 200
    CREATIVE_PENDING = 201
    CREATIVE_REJECTED = 202
