"""Book what a bid has won: a line of the deal's order, paid by its delivered impressions.

Capacity, the line, its contract and the audit log change in the transaction of the decision, so a
position is never sold twice and a win without a booking cannot exist.
"""

from datetime import timedelta
from typing import Final

from cloud.billing.cpm_contracts import CpmContract, store_contract
from cloud.booking.audit_log.quote_comparison import record_quote
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.credit import CreditLimitError
from cloud.booking.orders.lifecycle import PriceExpiredError, book_lines
from cloud.booking.orders.order_rows import UnknownOrderError
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import OrderRefused, add_lines
from cloud.booking.quote_locks import LockedFactor, LockedQuote, LockedSlot, new_id, store_quote
from cloud.booking.slots import DeliveryType, NotAvailableError
from cloud.booking.transitions import TransitionError
from cloud.campaigns.creative_checks import CreativeRefusedError, require_usable
from cloud.campaigns.creatives import CreativeStatus, read_by_names
from cloud.database import EPOCH
from cloud.money import major, written
from cloud.pricing.cpm import slot_price_minor
from cloud.pricing.impressions import Spot
from cloud.trade.deals.deal import (
    DealRefusedError,
    PrivateDeal,
    find_deal,
    require_open_account,
    require_plain_order,
)
from cloud.trade.deals.evaluation import RatedBid
from cloud.trade.deals.request_store import BidRequestRecord
from cloud.trade.openrtb.loss_reasons import LossReason

UNBOOKABLE: Final = (
    CreditLimitError, DealRefusedError, NotAvailableError, OrderRefused, PriceExpiredError,
    TransitionError, UnknownOrderError,
)  # fmt: skip
"""Why a slot cannot be booked, whoever bids for it."""


def check_creative(
    work: OrderWork, deal: PrivateDeal, location: str, name: str
) -> tuple[LossReason, str] | None:
    """Why a creative of the deal's account may not be shown at a screen; None where it may."""
    found = read_by_names(work.connection, deal.account, [name[:64]]).get(name)
    if found is None:
        sentence = f"{name[:64]!r} is no creative of the account: it has not been submitted"
        return LossReason.NO_APPROVAL_DATA, sentence
    if found.status is CreativeStatus.PENDING:
        return LossReason.CREATIVE_PENDING, f"{name} has not been approved yet"
    if found.status is CreativeStatus.REJECTED:
        return LossReason.CREATIVE_REJECTED, f"{name} is rejected: {found.reason}"
    try:
        require_usable(work.connection, work.sites, deal.account, location, [name])
    except CreativeRefusedError as refused:
        return LossReason.CREATIVE_FILTERED, str(refused)
    return None


def book_win(work: OrderWork, deal: PrivateDeal, record: BidRequestRecord, won: RatedBid) -> str:
    """Book one position of the slot at the price of a bid; the id of the line.

    Raises:
        Those of UNBOOKABLE; the caller rolls the transaction back.
    """
    present = find_deal(work.connection, deal.id, None)
    present.require_usable(record.location, record.slot_at)
    order = work.lock_order(deal.order_id)
    require_plain_order(order)
    require_open_account(work.connection, order.account)
    quote = _price_win(work, deal, record, won)
    store_quote(work.connection, quote)
    assert won.bid.crid is not None
    lines = add_lines(work, order.id, quote, creatives=(won.bid.crid,))
    (booked,) = book_lines(work, order, lines)
    if booked.booking_status is not BookingStatus.BOOKED:
        raise DealRefusedError(f"the line is {booked.booking_status}, expected Booked")
    contract = CpmContract(won.price_minor, record.per_play, record.quantity)
    store_contract(
        work.connection, booked.line_id, contract, by=work.actor.name[:120], now=work.now
    )
    record_quote(work.connection, quote, work.actor.name)
    return booked.line_id


def find_loss(error: Exception) -> LossReason:
    """The code for a slot that cannot be booked."""
    if isinstance(error, (NotAvailableError, PriceExpiredError)):
        return LossReason.OPPORTUNITY_EXPIRED
    return LossReason.INTERNAL_ERROR


def _price_win(
    work: OrderWork, deal: PrivateDeal, record: BidRequestRecord, won: RatedBid
) -> LockedQuote:
    """The price of the hour when every forecast impression is delivered."""
    loop = work.sites.location(record.location).loop
    spot = Spot(spot_s=loop.spot_s, loop_s=loop.length_s)
    cpm = major(won.price_minor, deal.currency)
    price_minor = slot_price_minor(cpm, spot, record.per_play, deal.currency)
    price = written(won.price_minor, deal.currency)
    reason = f"bid {price} {deal.currency} for a thousand impressions in deal {deal.id}"
    starts_at_s = (record.slot_at - EPOCH) // timedelta(seconds=1)
    return LockedQuote(
        id=new_id(), account=deal.account, created_by=work.actor.name[:120], created_at=work.now,
        valid_until=record.slot_at, currency=deal.currency, delivery=DeliveryType.GUARANTEED,
        versions={"bid_request": record.id},
        slots=(
            LockedSlot(
                record.location, starts_at_s, 1, price_minor,
                (LockedFactor("bid", f"{cpm:f}", reason),),
            ),
        ),
    )  # fmt: skip
