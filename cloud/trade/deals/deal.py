"""Private deals: which screens one account's bidder may buy, from when to when, at which floor."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, select, true, update

from cloud.auth import audit
from cloud.auth.accounts.account_store import require_account
from cloud.booking.orders.order import Approval, Order
from cloud.booking.orders.order_rows import find_order
from cloud.pricing.rtb_deals import AuctionType
from cloud.sites.sites import Sites
from cloud.trade.deals.tables import private_deals

CREATE: Final = "deal.create"
CLOSE: Final = "deal.close"
LONGEST: Final = timedelta(days=800)


class UnknownDealError(LookupError):
    """No deal with that id for the caller."""


class DealRefusedError(ValueError):
    """A deal that cannot be stored or used; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeal:
    """What is agreed on. Without a floor it is the price of each slot; `auction` is OpenRTB's."""

    order_id: str
    name: str
    url: str
    seat: str | None
    locations: tuple[str, ...]
    auction: AuctionType
    floor_minor: int | None
    tmax_ms: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateDeal(NewDeal):
    """A stored deal."""

    id: str
    account: str
    currency: str
    created_at: datetime
    created_by: str
    closed_at: datetime | None = None

    def has_slot(self, location: str, slot_at: datetime) -> bool:
        """Whether its bidder may be asked for the slot."""
        is_open = self.closed_at is None and self.starts_at <= slot_at < self.ends_at
        return is_open and (not self.locations or location in self.locations)

    def require_usable(self, location: str, slot_at: datetime) -> None:
        """Raise DealRefusedError for a slot that the deal does not have."""
        if self.closed_at is not None:
            raise DealRefusedError(f"deal {self.id} is closed: create another one")
        if not self.starts_at <= slot_at < self.ends_at:
            raise DealRefusedError(
                f"deal {self.id} is from {self.starts_at:%Y-%m-%dT%H:%MZ} until "
                f"{self.ends_at:%Y-%m-%dT%H:%MZ}: choose a slot within it"
            )
        if self.locations and location not in self.locations:
            raise DealRefusedError(f"deal {self.id} does not have the screen {location}")


def create_deal(
    connection: Connection, sites: Sites, new: NewDeal, *, by: str, now: datetime
) -> PrivateDeal:
    """Store a deal for the account of an order.

    Raises:
        UnknownOrderError, UnknownLocation: as named.
        DealRefusedError: the order has a discount, its account is closed, or the interval is over.
    """
    order = find_order(connection, new.order_id, None)
    require_plain_order(order)
    require_open_account(connection, order.account)
    if not new.starts_at < new.ends_at or new.ends_at <= now:
        raise DealRefusedError("the deal ends before it starts, or before now: correct its times")
    if new.ends_at > now + LONGEST or new.starts_at < now - LONGEST:
        raise DealRefusedError(f"the deal is more than {LONGEST.days} days away: shorten it")
    locations = tuple(dict.fromkeys(sites.location(one).id for one in new.locations))
    stored = PrivateDeal(
        **{one.name: getattr(replace(new, locations=locations), one.name) for one in fields(new)},
        id=secrets.token_hex(16), account=order.account, currency=order.currency,
        created_at=now, created_by=by[:120],
    )  # fmt: skip
    connection.execute(private_deals.insert().values(_to_row(stored)))
    details = {
        "account": stored.account, "order": stored.order_id, "locations": list(locations),
        "floor_minor": stored.floor_minor, "auction": int(stored.auction),
    }  # fmt: skip
    audit.record_change(
        connection, at=now, actor=by[:120], action=CREATE, about=stored.id, details=details
    )
    return stored


def close_deal(connection: Connection, deal_id: str, *, by: str, now: datetime) -> PrivateDeal:
    """Accept no further bids; what was won stays booked. A closed deal stays as it is."""
    deal = find_deal(connection, deal_id, None)
    if deal.closed_at is not None:
        return deal
    changed = update(private_deals).where(private_deals.c.id == deal.id).values(closed_at=now)
    connection.execute(changed)
    audit.record_change(
        connection, at=now, actor=by[:120], action=CLOSE, about=deal.id,
        details={"account": deal.account},
    )  # fmt: skip
    return replace(deal, closed_at=now)


def require_open_account(connection: Connection, account: str) -> None:
    """Raise DealRefusedError for an account that is closed: nobody pays for what it buys."""
    if not require_account(connection, account).is_open:
        raise DealRefusedError(f"account {account} is closed: it cannot buy")


def require_plain_order(order: Order) -> None:
    """Raise DealRefusedError for an order with a discount: the price of a line is that of its bid.

    An order that waits for an approval is one with a discount.
    """
    if order.approval is not Approval.NOT_REQUIRED or order.discount_bp:
        raise DealRefusedError(
            f"order {order.id} has a discount: place an order without one for the deal"
        )


def find_deal(
    connection: Connection, deal_id: str, accounts: Collection[str] | None
) -> PrivateDeal:
    """A deal of one of the accounts, or of any for None; raises UnknownDealError."""
    query = select(private_deals).where(private_deals.c.id == deal_id[:32], _of(accounts))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise UnknownDealError(f"no deal {deal_id[:32]!r}: GET /api/openrtb/deals lists your deals")
    return _to_deal(row)


def list_deals(
    connection: Connection, accounts: Collection[str] | None, *, offset: int, limit: int
) -> Sequence[PrivateDeal]:
    """A page of deals, the latest first."""
    latest_first = (private_deals.c.created_at.desc(), private_deals.c.id)
    query = select(private_deals).where(_of(accounts)).order_by(*latest_first)
    rows = connection.execute(query.offset(offset).limit(limit)).mappings()
    return [_to_deal(row) for row in rows]


def list_open_deals(
    connection: Connection, account: str, first_at: datetime, last_at: datetime, *, limit: int
) -> Sequence[PrivateDeal]:
    """The latest deals of an account that are not closed, of slots between two instants."""
    columns = private_deals.c
    query = select(private_deals).where(
        columns.account == account, columns.closed_at.is_(None),
        columns.starts_at <= last_at, columns.ends_at > first_at,
    )  # fmt: skip
    latest_first = (columns.created_at.desc(), columns.id)
    rows = connection.execute(query.order_by(*latest_first).limit(limit)).mappings()
    return [_to_deal(row) for row in rows]


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else private_deals.c.account.in_(sorted(accounts))


def _to_row(deal: PrivateDeal) -> dict[str, Any]:
    row = {one.name: getattr(deal, one.name) for one in fields(deal)}
    row["locations"] = msgspec.json.encode(deal.locations).decode()
    return row | {"auction": int(deal.auction)}


def _to_deal(row: Any) -> PrivateDeal:
    locations = msgspec.json.decode(row["locations"], type=tuple[str, ...])
    return PrivateDeal(**{**row, "locations": locations, "auction": AuctionType(row["auction"])})
