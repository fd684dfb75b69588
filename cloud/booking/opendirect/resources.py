"""Accounts, brands, orders, lines and changes as OpenDirect 2.1 writes them.

Names are lower case. Amounts are numbers in the currency of the order, with its decimals.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from cloud.auth.accounts.account import Account, AccountKind
from cloud.auth.accounts.brand_store import Brand
from cloud.booking.opendirect.targeting import (
    describe_frames,
    describe_hours,
    describe_share,
    describe_spot,
)
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.change_store import ChangeRequest
from cloud.booking.orders.order import Approval, BookedLine, Order
from cloud.booking.transitions import HOLDING
from cloud.money import major
from cloud.sites.site_model import Site

PUBLISHER: Final = "onlooker"
"""The media owner, where no account is one."""
ORGANIZATION_TYPES: Final = {
    AccountKind.MEDIA_OWNER: "publisher",
    AccountKind.AGENCY: "agency",
    AccountKind.ADVERTISER: "advertiser",
}
ORDER_STATUS: Final = {
    Approval.NOT_REQUIRED: "APPROVED",
    Approval.APPROVED: "APPROVED",
    Approval.REQUIRED: "PENDING",
    Approval.DECLINED: "REJECTED",
}
BOOKING_STATUS: Final = {status: status.value for status in BookingStatus} | {
    BookingStatus.PAUSED: "Pause"
}


def describe_organization(account: Account) -> dict[str, Any]:
    """An account as an organisation."""
    first, *rest = (*account.address, "", "")
    return {
        "id": account.id,
        "name": account.name,
        "organizationtype": ORGANIZATION_TYPES[account.kind],
        "status": "Approved" if account.is_open else "Disapproved",
        "address": {
            "addressline1": first,
            "addressline2": ", ".join(filter(None, rest)),
            "country": account.country,
        },
    }


def describe_account(account: Account) -> dict[str, Any]:
    """The relation of an advertiser and the agency that buys for it; itself without one."""
    return {
        "id": account.id,
        "advertiserid": account.id,
        "buyerid": account.agency or account.id,
        "name": account.name,
        "status": "Approved" if account.is_open else "Disapproved",
    }


def describe_brand(brand: Brand) -> dict[str, Any]:
    """A brand of an advertiser."""
    return {"id": brand.id, "name": brand.name, "organizationid": brand.account, "eids": []}


def describe_order(order: Order, lines: Sequence[BookedLine]) -> dict[str, Any]:
    """An order; its dates are those of its lines."""
    found: dict[str, Any] = {
        "id": order.id,
        "name": order.name,
        "accountid": order.account,
        "publisherid": PUBLISHER,
        "brand": order.advertiser,
        "advertiserbrandid": order.brand,
        "currency": order.currency,
        "orderstatus": ORDER_STATUS[order.approval],
        "providerdata": {
            "campaignid": order.id, "campaignname": order.name, "ponumber": order.purchase_order,
        },
    }  # fmt: skip
    if order.budget_minor is not None:
        found["budget"] = major(order.budget_minor, order.currency)
    if lines:
        found["startdate"] = min(line.starts_at for line in lines)
        found["enddate"] = max(line.ends_at for line in lines)
    held = [line.expires_at for line in lines if line.booking_status in HOLDING and line.expires_at]
    if held:
        found["orderexpirydate"] = min(held)
    return found


def describe_line(line: BookedLine, site: Site | None) -> dict[str, Any]:
    """A line at a flat rate: `quantity` is its position-hours, `cost` the price of all of them."""
    cost = major(line.cost_minor, line.currency)
    found: dict[str, Any] = {
        "id": line.line_id,
        "name": f"{line.location} {line.starts_at:%Y-%m-%d}",
        "orderid": line.order_id,
        "productid": line.location,
        "bookingstatus": BOOKING_STATUS[line.booking_status],
        "startdate": line.starts_at,
        "enddate": line.ends_at,
        "ratetype": "FlatRate",
        "rate": cost,
        "quantity": line.positions * len(line.slots),
        "cost": cost,
        "producttargeting": _describe_targeting(line, site),
    }
    if line.reason:
        found["statechangereason"] = line.reason
    if line.booking_status in HOLDING:
        found["reservedexpirydate"] = line.expires_at
    return found


def describe_change(change: ChangeRequest, account: str) -> dict[str, Any]:
    """A change request, with what it changes as an extension."""
    return {
        "id": change.id,
        "accountid": account,
        "orderid": change.order_id,
        "lineid": change.line_id,
        "requesterid": account,
        "status": change.status,
        "comments": change.reason,
        "ext": {
            "startdate": change.change.starts_at,
            "enddate": change.change.ends_at,
            "positions": change.change.positions,
        },
    }


def describe_assignments(line: BookedLine) -> list[dict[str, Any]]:
    """The creatives of a line; a line has one placement, with its id."""
    return [
        {
            "id": assignment_id(line.line_id, creative),
            "creativeid": creative,
            "placementid": line.line_id,
            "status": "Active",
        }
        for creative in line.creatives
    ]


def assignment_id(line_id: str, creative: str) -> str:
    """An id that follows from the line and the creative."""
    return hashlib.sha256(f"{line_id}/{creative}".encode()).hexdigest()[:32]


def write_date(at: datetime) -> str:
    """An instant as OpenDirect writes it."""
    return at.isoformat().replace("+00:00", "Z")


def _describe_targeting(line: BookedLine, site: Site | None) -> list[dict[str, Any]]:
    elements = [describe_frames(line.location)]
    if line.slots:
        elements.append(describe_hours([slot.starts_at_s for slot in line.slots]))
    if site is not None:
        elements += [describe_share(line.positions, site, selectable=False), describe_spot(site)]
    return elements
