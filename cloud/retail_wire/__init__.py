"""Price points of shops: the message, its fields in integers, and the reasons of rejection."""

from cloud.retail_wire.amounts import AmountError, parse_amount, parse_basis_points, write_amount
from cloud.retail_wire.price_message import PriceMessage
from cloud.retail_wire.price_point import PricePoint
from cloud.retail_wire.promotions import CLEARANCE, DEAL, FEATURE
from cloud.retail_wire.reasons import PriceErrorReason

__all__ = [
    "CLEARANCE",
    "DEAL",
    "FEATURE",
    "AmountError",
    "PriceErrorReason",
    "PriceMessage",
    "PricePoint",
    "parse_amount",
    "parse_basis_points",
    "write_amount",
]
