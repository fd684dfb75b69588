"""Order a package: the hours of a product in a flight, locked at their price, within the budget."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import msgspec

from cloud.api.adcp.arguments import CreativeAssignment, PackageRequest
from cloud.api.adcp.creative_formats import SCREEN, is_own_format
from cloud.api.adcp.errors import AdcpError, invalid_arguments, invalid_value, to_adcp_error
from cloud.api.adcp.product_offers import MOST_SLOTS, SoldProduct, Window, list_demand
from cloud.api.adcp.products import read_sold_products
from cloud.api.adcp.tool_call import ToolCall
from cloud.api.adcp.unsupported import OVERLAY_FIELDS, PACKAGE_FIELDS, refuse_fields, refuse_others
from cloud.api.booking.quotes import lock_quote
from cloud.app.buyer import Buyer
from cloud.app.context import ForecastFailed
from cloud.app.forecasts import REACH
from cloud.app.orders.line_creatives import require_usable_creatives
from cloud.app.slot_quotes import compute_quote
from cloud.booking.adcp.flight_hours import DaypartOverlay, read_dayparts
from cloud.booking.adcp.measurement_terms import (
    MeasurementTerms,
    TermsRejectedError,
    agree_on_terms,
)
from cloud.booking.adcp.package_comparison import ADD, describe_package
from cloud.booking.adcp.package_store import MediaPackage, store_package
from cloud.booking.adcp.pricing_options import find_pricing_option, list_pricing_options
from cloud.booking.inventory.products import unknown_product
from cloud.booking.orders.order import Order
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import add_lines
from cloud.booking.quote_locks import LockedQuote
from cloud.booking.slots import DeliveryType
from cloud.money import minor_per_unit, written


@dataclass(frozen=True, slots=True)
class PackageOrder:
    """A package that is asked for, with what was sent, and its place in the request."""

    asked: PackageRequest
    sent: Mapping[str, Any]
    window: Window
    where: str

    def place(self, name: str) -> str:
        """A field of the package in AdCP's form."""
        return f"{self.where}.{name}"


@contextmanager
def at_field(field: str) -> Iterator[None]:
    """Name the field in the refusals of a block."""
    try:
        yield
    except msgspec.ValidationError as error:
        found = invalid_arguments(error)
        found.field = f"{field}.{found.field}" if found.field else field
        raise found from error
    except Exception as error:
        refusal = to_adcp_error(error)
        if refusal is None or error is refusal:
            raise
        refusal.field = refusal.field or field
        raise refusal from error


def read_window(
    order: PackageRequest, starts_at: datetime, ends_at: datetime, where: str
) -> Window:
    """The flight of a package: its own, within that of the media buy."""
    window = Window(order.start_time or starts_at, order.end_time or ends_at)
    if window.starts_at < starts_at or window.ends_at > ends_at:
        name = "start_time" if window.starts_at < starts_at else "end_time"
        raise invalid_value(f"{where}.{name}", "the package is not within the media buy")
    return window


def compute_forecasts(call: ToolCall, asked: Sequence[PackageRequest]) -> None:
    """Compute the forecasts of the screens of packages before the transaction that prices them.

    Prices are computed in the transaction from what is then in force: a forecast that has become
    old, or was changed in between, is computed again there. A screen without a forecast is refused
    there too, with its field.
    """
    ids = {one.product_id for one in asked}
    if not ids:
        return
    sold = call.read(lambda connection: read_sold_products(connection, call))
    sites = {site.id: site for one in sold if one.product.id in ids for site in one.sites}
    for site in sites.values():
        with suppress(ForecastFailed):
            call.context.forecast(site)


def add_package(
    call: ToolCall, work: OrderWork, order: Order, package: PackageOrder
) -> MediaPackage:
    """Add drafts for a package; they are not booked yet."""
    asked = package.asked
    refuse_fields(package.sent, PACKAGE_FIELDS, f"{package.where}.")
    _check_formats(call, package)
    sold = _find_product(call, work, package)
    request = _read_request(call, package)
    quote = _quote_package(call, sold, package, order.account)
    budget_minor = read_budget(asked.budget, quote.currency)
    _check_budget(quote, budget_minor, package.place("budget"))
    lock_quote(work.connection, quote, call.caller)
    with at_field(package.where):
        creatives = read_assignments(asked.creative_assignments, package.where)
        add_lines(work, order.id, quote, creatives=creatives)
        require_usable_creatives(work, order.id)
    stored = MediaPackage(
        id=quote.id, order_id=order.id, product=asked.product_id,
        pricing_option=asked.pricing_option_id, budget_minor=budget_minor,
        starts_at=package.window.starts_at, ends_at=package.window.ends_at, request=request,
    )  # fmt: skip
    store_package(work.connection, stored)
    work.record(ADD, stored.id, **describe_package(stored))
    return stored


def read_assignments(asked: tuple[CreativeAssignment, ...], where: str) -> tuple[str, ...]:
    """The names of creatives; they share the time of a package evenly."""
    for number, one in enumerate(asked):
        place = f"{where}.creative_assignments[{number}]."
        sent = {"weight": one.weight, "placement_ids": one.placement_ids}
        refuse_fields(sent, sent, place)
    return tuple(sorted({one.creative_id for one in asked}))


def read_budget(amount: float, currency: str) -> int:
    """A budget in minor units, rounded down."""
    whole = Decimal(str(amount)) * minor_per_unit(currency)
    return int(whole.to_integral_value(ROUND_FLOOR))


def _find_product(call: ToolCall, work: OrderWork, package: PackageOrder) -> SoldProduct:
    with at_field(package.place("product_id")):
        found = read_sold_products(work.connection, call)
        sold = next((one for one in found if one.product.id == package.asked.product_id), None)
        if sold is None:
            raise unknown_product(package.asked.product_id)
        return sold


def _read_request(call: ToolCall, package: PackageOrder) -> dict[str, Any]:
    """What later answers repeat: targeting, formats and the agreed terms."""
    asked, found = package.asked, dict[str, Any]()
    if asked.targeting_overlay is not None:
        place = package.place("targeting_overlay.")
        refuse_others(asked.targeting_overlay, OVERLAY_FIELDS, place)
        found["targeting_overlay"] = asked.targeting_overlay
    if asked.measurement_terms is not None:
        found["measurement_terms"] = _agree(call, package, asked.measurement_terms)
    if package.sent.get("format_ids"):
        found["format_ids"] = package.sent["format_ids"]
    return found


def _agree(call: ToolCall, package: PackageOrder, proposed: dict[str, Any]) -> dict[str, Any]:
    place = package.place("measurement_terms")
    with at_field(place):
        terms = msgspec.convert(proposed, MeasurementTerms)
    try:
        return agree_on_terms(terms, call.publisher)
    except TermsRejectedError as error:
        raise AdcpError(
            "TERMS_REJECTED", str(error), field=f"{place}.{error.field}",
            suggestion="measurement_terms of the product are acceptable",
        ) from error  # fmt: skip


def _check_formats(call: ToolCall, package: PackageOrder) -> None:
    for number, one in enumerate(package.asked.format_ids):
        if not is_own_format(call, one) or one.id != SCREEN:
            raise invalid_value(
                package.place(f"format_ids[{number}]"), f"no format {one.id[:60]!r} of this agent",
                "list_creative_formats lists the formats",
            )  # fmt: skip


def _quote_package(
    call: ToolCall, sold: SoldProduct, package: PackageOrder, account: str
) -> LockedQuote:
    delivery = sold.product.delivery
    with at_field(package.place("pricing_option_id")):
        offered = list_pricing_options(delivery, sold.sites)
        option = find_pricing_option(package.asked.pricing_option_id, offered)
    with at_field(package.place("targeting_overlay")):
        overlay = msgspec.convert(package.asked.targeting_overlay or {}, DaypartOverlay)
        dayparts = read_dayparts(overlay)
    demand = list_demand(sold, package.window, dayparts, option.positions)
    if delivery is DeliveryType.EXCLUSIVE:
        demand = list_demand(sold, package.window, dayparts, sold.sites[0].loop.positions)
    _check_hours(call, sold, package, len(demand))
    buyer = Buyer(account, is_staff=False)
    with at_field(package.where):
        return compute_quote(
            call.context, demand, delivery, buyer, account=account, by=call.caller.name
        )


def _check_hours(call: ToolCall, sold: SoldProduct, package: PackageOrder, count: int) -> None:
    now, window = call.context.clock(), package.window
    if window.starts_at < now:
        raise AdcpError(
            "INVALID_REQUEST", f"the flight begins before {now:%Y-%m-%dT%H:%M:%SZ}",
            field=package.place("start_time"), suggestion="send asap, or a later time",
        )  # fmt: skip
    if window.ends_at - now > REACH:
        raise invalid_value(
            package.place("end_time"), f"the flight ends in more than {REACH.days} days",
            "choose an earlier end_time",
        )  # fmt: skip
    least = max(1, sold.product.min_hours)
    if not least <= count <= MOST_SLOTS:
        raise invalid_value(
            package.where, f"the flight has {count} hours of screens: {least} to {MOST_SLOTS} are "
            "sold in one package", "choose other dates, dayparts or a smaller product",
        )  # fmt: skip


def _check_budget(quote: LockedQuote, budget_minor: int, field: str) -> None:
    if quote.total_minor <= budget_minor:
        return
    price = written(quote.total_minor, quote.currency).replace(",", "")
    raise AdcpError(
        "BUDGET_TOO_LOW",
        f"the hours of the package cost {price} {quote.currency}",
        field=field,
        suggestion="raise the budget, or choose fewer hours with dates or daypart_targets",
        details={"price": price, "currency": quote.currency, "hours": len(quote.slots)},
    )
