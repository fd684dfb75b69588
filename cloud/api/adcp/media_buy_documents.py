"""Describe media buys and packages as AdCP writes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from cloud.api.adcp.accounts import describe_account
from cloud.auth.accounts.account import Account
from cloud.auth.accounts.account_store import read_account
from cloud.booking.adcp.media_buy_status import (
    ENDED,
    LIVE,
    UNCONFIRMED,
    VALID_ACTIONS,
    MediaBuyStatus,
    compute_status,
)
from cloud.booking.adcp.package_store import MediaPackage, read_packages, read_revisions
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.lifecycle import DISPLACED
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import read_lines
from cloud.campaigns.creatives import Creative, CreativeStatus, read_by_names
from cloud.money import major

APPROVAL: Final = {
    CreativeStatus.PENDING: "pending_review",
    CreativeStatus.APPROVED: "approved",
    CreativeStatus.REJECTED: "rejected",
}
NO_SNAPSHOT: Final = "SNAPSHOT_UNSUPPORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaBuy:
    """An order with confirmed lines, and what AdCP knows of it."""

    order: Order
    account: Account | None
    lines: Sequence[BookedLine]
    packages: Mapping[str, MediaPackage]
    creatives: Mapping[str, Creative]
    status: MediaBuyStatus
    revision: int

    @property
    def lines_of_packages(self) -> Mapping[str, list[BookedLine]]:
        """The lines of each package, by the id of the package."""
        found: dict[str, list[BookedLine]] = {}
        for line in self.lines:
            found.setdefault(line.quote_id, []).append(line)
        return found


def read_media_buys(connection: Connection, orders: Sequence[Order]) -> list[MediaBuy]:
    """Those of the orders that are media buys."""
    ids = [order.id for order in orders]
    lines: dict[str, list[BookedLine]] = {name: [] for name in ids}
    for line in read_lines(connection, ids):
        if line.booking_status not in UNCONFIRMED:
            lines[line.order_id].append(line)
    packages, revisions = read_packages(connection, ids), read_revisions(connection, ids)
    accounts = {name: read_account(connection, name) for name in {one.account for one in orders}}
    found = []
    for order in orders:
        status = compute_status(lines[order.id])
        if status is None:
            continue
        names = {name for line in lines[order.id] for name in line.creatives}
        creatives = read_by_names(connection, order.account, names)
        buy = MediaBuy(
            order=order, account=accounts[order.account], lines=lines[order.id], packages=packages,
            creatives=creatives, status=status, revision=max(1, revisions.get(order.id, 1)),
        )  # fmt: skip
        found.append(buy)
    return found


def describe_media_buy(buy: MediaBuy, *, with_snapshot: bool = False) -> dict[str, Any]:
    """A media buy with its packages."""
    order = buy.order
    packages = describe_packages(buy, with_snapshot=with_snapshot)
    found: dict[str, Any] = {
        "media_buy_id": order.id,
        "status": buy.status,
        "currency": order.currency,
        "total_budget": sum(one["budget"] for one in packages),
        "start_time": min(line.starts_at for line in buy.lines),
        "end_time": max(line.ends_at for line in buy.lines),
        "confirmed_at": order.created_at,
        "created_at": order.created_at,
        "updated_at": max(line.changed_at for line in buy.lines),
        "revision": buy.revision,
        "valid_actions": list(VALID_ACTIONS.get(buy.status, ())),
        "packages": packages,
    }
    if buy.account is not None:
        found["account"] = describe_account(buy.account)
    if buy.status is MediaBuyStatus.CANCELED and (why := _describe_cancellation(buy, buy.lines)):
        found["cancellation"] = why
    if buy.status is MediaBuyStatus.REJECTED:
        found["rejection_reason"] = next((one.reason for one in buy.lines if one.reason), "")
    return found


def describe_packages(
    buy: MediaBuy, only: Iterable[str] | None = None, *, with_snapshot: bool = False
) -> list[dict[str, Any]]:
    """The packages of a media buy, all or those with some ids."""
    wanted = None if only is None else {*only}
    return [
        _describe_package(buy, name, lines, with_snapshot=with_snapshot)
        for name, lines in buy.lines_of_packages.items()
        if wanted is None or name in wanted
    ]


def has_ended(buy: MediaBuy) -> bool:
    """Whether nothing more of it will be shown."""
    return buy.status in ENDED


def _describe_package(
    buy: MediaBuy, name: str, lines: Sequence[BookedLine], *, with_snapshot: bool
) -> dict[str, Any]:
    stored = buy.packages.get(name)
    cost_minor = sum(line.cost_minor for line in lines)
    budget_minor = cost_minor if stored is None else stored.budget_minor
    status = compute_status(lines)
    found: dict[str, Any] = {
        "package_id": name,
        "budget": major(budget_minor, buy.order.currency),
        "currency": buy.order.currency,
        "start_time": min(line.starts_at for line in lines),
        "end_time": max(line.ends_at for line in lines),
        "paused": status is MediaBuyStatus.PAUSED,
        "canceled": status is MediaBuyStatus.CANCELED,
        "ext": {"onlooker": _describe_lines(lines, buy.order.currency)},
    }
    if stored is not None:
        found |= {"product_id": stored.product, "pricing_option_id": stored.pricing_option}
        found |= stored.request
    if status is MediaBuyStatus.CANCELED and (why := _describe_cancellation(buy, lines)):
        found["cancellation"] = why
    creatives = sorted({creative for line in lines for creative in line.creatives})
    if creatives:
        found["creative_assignments"] = [{"creative_id": one} for one in creatives]
        found["creative_approvals"] = [_describe_approval(buy, one) for one in creatives]
    if with_snapshot:
        found["snapshot_unavailable_reason"] = NO_SNAPSHOT
    return found


def _describe_lines(lines: Sequence[BookedLine], currency: str) -> dict[str, Any]:
    """The booked screens and their price, which may be below the budget."""
    cost_minor = sum(line.cost_minor for line in lines)
    return {
        "price": major(cost_minor, currency),
        "screens": sorted({line.location for line in lines}),
        "screen_hours": sum(len(line.slots) for line in lines),
        "positions": max(line.positions for line in lines),
        "states": sorted({line.booking_status.value for line in lines}),
    }


def _describe_approval(buy: MediaBuy, name: str) -> dict[str, Any]:
    creative = buy.creatives.get(name)
    status = APPROVAL[creative.status] if creative else "pending_review"
    found = {"creative_id": name, "approval_status": status}
    if creative is not None and creative.status is CreativeStatus.REJECTED and creative.reason:
        found["rejection_reason"] = creative.reason
    return found


def _describe_cancellation(buy: MediaBuy, lines: Sequence[BookedLine]) -> dict[str, Any] | None:
    """Time, actor and reason; None where the actor is not known."""
    ended = [line for line in lines if line.booking_status not in LIVE]
    last = max(ended, key=lambda line: line.changed_at)
    if last.reason == DISPLACED or last.booking_status is BookingStatus.EXPIRED:
        by = "seller"
    elif last.changed_by == buy.order.created_by:
        by = "buyer"
    else:
        return None
    found = {"canceled_at": last.changed_at, "canceled_by": by}
    return found | ({"reason": last.reason} if last.reason else {})
