"""`get_products`: the products of the catalogue, with the price and forecast of a window of days.

A brief is compared with names and descriptions word by word; nothing is inferred from it. Products
without a screen of the sites file, or without an hour for sale in the window, are left out.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.api.adcp.account_references import resolve_account
from cloud.api.adcp.arguments import GetProductsArguments, ProductFilters, Refinement
from cloud.api.adcp.creative_formats import describe_reference
from cloud.api.adcp.errors import AdcpError, invalid_value
from cloud.api.adcp.product_offers import (
    MOST_SLOTS,
    ProductOffer,
    SoldProduct,
    compute_offer,
    describe_forecast,
    describe_pricing,
    find_window,
)
from cloud.api.adcp.tool_call import ToolCall
from cloud.api.adcp.unsupported import FILTERS, PRODUCT_FIELDS, refuse_fields, refuse_others
from cloud.app.forecasts import REACH
from cloud.booking.adcp.measurement_terms import MEASUREMENT_WINDOWS, describe_terms
from cloud.booking.inventory.products import Product, read_daypart, read_products
from cloud.booking.inventory.restrictions import read_restrictions
from cloud.booking.sale_limits import find_site
from cloud.booking.slots import DeliveryType
from cloud.sites.openooh import to_openooh_1_1
from cloud.sites.site_model import Site

MOST_PRODUCTS: Final = 20
"""Of one page."""
MOST_PRICED: Final = 4_000
"""Hours of screens that are priced for one answer, in about a second."""
REQUIRED_FIELDS: Final = frozenset(
    {
        "product_id", "name", "description", "publisher_properties", "format_ids", "delivery_type",
        "pricing_options", "reporting_capabilities",
    }
)  # fmt: skip
MADE_FOR_SALE: Final = frozenset({DeliveryType.GUARANTEED, DeliveryType.EXCLUSIVE})
NOT_READ: Final = "requests in prose are not interpreted: use filters, and dates of the media buy"


def get_products(call: ToolCall, asked: GetProductsArguments) -> dict[str, Any]:
    """Describe the products that fit, those that the brief names first."""
    filters = _read_filters(call, asked)
    days = _read_days(call, filters)

    def read(connection: Connection) -> tuple[str, list[SoldProduct], dict[str, list[Any]]]:
        account = call.caller.account
        if asked.account is not None:
            account = resolve_account(connection, call, asked.account).id
        sold = [one for one in read_sold_products(connection, call) if _fits(one, filters)]
        return account, sold, read_sizes(connection, [site for one in sold for site in one.sites])

    account, found, sizes = call.read(read)
    chosen = _order_by_brief(_refine(found, asked.refine), asked.brief)
    page, pagination = _take_page(chosen, asked)
    offers = _compute_offers(call, page, days, account)
    products = [describe(call, one, offer, sizes, asked) for one, offer in offers if offer]
    answer: dict[str, Any] = {"products": products, "pagination": pagination}
    if asked.refine:
        ids = {one["product_id"] for one in products}
        answer["refinement_applied"] = [_answer_refinement(one, ids) for one in asked.refine]
    return answer


def read_sold_products(connection: Connection, call: ToolCall) -> list[SoldProduct]:
    """The products for sale whose screens the sites file lists."""
    found = [_to_sold(connection, call, one) for one in read_products(connection)]
    return [one for one in found if one is not None]


def read_sizes(connection: Connection, sites: Sequence[Site]) -> dict[str, list[tuple[int, int]]]:
    """The sizes of creatives that each screen shows."""
    restrictions = read_restrictions(connection, sites)
    own = {site.id: [(site.screen.width_px, site.screen.height_px)] for site in sites}
    allowed = {name: sorted(one.sizes) for name, one in restrictions.items() if one.sizes}
    return own | allowed


def describe(
    call: ToolCall,
    sold: SoldProduct,
    offer: ProductOffer,
    sizes: dict[str, list[tuple[int, int]]],
    asked: GetProductsArguments,
) -> dict[str, Any]:
    """One product as AdCP describes it."""
    product = sold.product
    found: dict[str, Any] = {
        "product_id": product.id,
        "name": product.name,
        "description": _write_description(sold, offer),
        "publisher_properties": [
            {
                "publisher_domain": call.publisher,
                "selection_type": "by_id",
                "property_ids": [to_property_id(site) for site in sold.sites],
            }
        ],
        "channels": ["dooh"],
        "format_ids": [describe_reference(call)],
        "placements": [_describe_placement(call, site, sizes[site.id]) for site in sold.sites],
        "delivery_type": "guaranteed" if product.delivery in MADE_FOR_SALE else "non_guaranteed",
        "exclusivity": "exclusive" if product.delivery is DeliveryType.EXCLUSIVE else "none",
        "pricing_options": describe_pricing(sold, offer),
        "forecast": describe_forecast(offer, call.context.clock()),
        "delivery_measurement": {
            "provider": "Onlooker",
            "notes": "Cameras at the screens count people in view. Hours without a report are "
            "estimated, with P10 and P90; the delivery states the share that was observed.",
        },
        "measurement_terms": describe_terms(call.publisher),
        "reporting_capabilities": _describe_reporting(),
        "property_targeting_allowed": False,
        "expires_at": offer.quote.valid_until,
        "ext": {"onlooker": {"screens": [describe_screen(site) for site in sold.sites]}},
    }
    if asked.buying_mode == "brief":
        found["brief_relevance"] = _write_relevance(sold, asked.brief)
    if asked.fields is not None:
        kept = REQUIRED_FIELDS | {*asked.fields}
        found = {name: value for name, value in found.items() if name in kept}
    return found


def describe_screen(site: Site) -> dict[str, Any]:
    """A screen as a property of type dooh, with its identifiers."""
    return {
        "property_id": to_property_id(site),
        "property_type": "dooh",
        "name": site.name,
        "identifiers": [
            {"type": "screen_id", "value": site.id},
            {"type": "venue_id", "value": site.id},
            {"type": "openooh_venue_type", "value": to_openooh_1_1(site.venue)},
        ],
    }


def to_property_id(site: Site) -> str:
    """The id of a screen as a property: lower-case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]", "_", site.id.lower())


def _read_filters(call: ToolCall, asked: GetProductsArguments) -> ProductFilters:
    refuse_fields(call.sent, PRODUCT_FIELDS)
    if asked.buying_mode == "brief" and not (asked.brief or "").strip():
        raise AdcpError(
            "INVALID_REQUEST", "a brief is missing", field="brief",
            suggestion="send brief, or buying_mode wholesale",
        )  # fmt: skip
    if asked.buying_mode == "refine" and not asked.refine:
        raise AdcpError("INVALID_REQUEST", "nothing to refine is sent", field="refine")
    refuse_others(asked.filters or {}, FILTERS, "filters.")
    return msgspec.convert(asked.filters or {}, ProductFilters)


def _read_days(call: ToolCall, filters: ProductFilters) -> tuple[date | None, date | None]:
    first_on, last_on = (_read_day(call, name, filters) for name in ("start_date", "end_date"))
    if last_on is not None and last_on < (first_on or last_on):
        raise invalid_value("filters.end_date", "end_date is before start_date")
    return first_on, last_on


def _read_day(call: ToolCall, name: str, filters: ProductFilters) -> date | None:
    text = getattr(filters, name)
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise invalid_value(f"filters.{name}", f"found {text}: {error}") from None
    today = call.context.clock().date()
    if not today <= found < today + REACH:
        raise invalid_value(
            f"filters.{name}", f"found {text}: write a day from today on, within {REACH.days} days"
        )
    return found


def _fits(sold: SoldProduct, filters: ProductFilters) -> bool:
    is_exclusive = sold.product.delivery is DeliveryType.EXCLUSIVE
    kind = "guaranteed" if sold.product.delivery in MADE_FOR_SALE else "non_guaranteed"
    return (
        filters.delivery_type in (None, kind)
        and filters.exclusivity in (None, "exclusive" if is_exclusive else "none")
        and filters.is_fixed_price in (None, True)
        and (filters.channels is None or "dooh" in filters.channels)
    )


def _to_sold(connection: Connection, call: ToolCall, product: Product) -> SoldProduct | None:
    sites = [find_site(call.context.sites, name) for name in product.locations]
    listed = tuple(site for site in sites if site is not None)
    if len(listed) < len(sites) or not listed:
        return None
    daypart = read_daypart(connection, product.daypart).daypart if product.daypart else None
    return SoldProduct(product, listed, daypart)


def _refine(found: Sequence[SoldProduct], refine: Sequence[Refinement]) -> list[SoldProduct]:
    omitted = {one.product_id for one in refine if one.action == "omit"}
    return [one for one in found if one.product.id not in omitted]


def _answer_refinement(asked: Refinement, shown: set[str]) -> dict[str, Any]:
    if asked.scope == "product":
        is_omitted = asked.action == "omit" and asked.product_id not in shown
        is_included = asked.action == "include" and asked.product_id in shown
        status = "applied" if is_omitted or (is_included and not asked.ask) else "unable"
        if is_included and asked.ask:
            status = "partial"
        found = {"scope": "product", "product_id": asked.product_id or "", "status": status}
    elif asked.scope == "proposal":
        found = {"scope": "proposal", "proposal_id": asked.proposal_id or "", "status": "unable"}
    else:
        found = {"scope": "request", "status": "unable"}
    return found if found["status"] == "applied" else found | {"notes": NOT_READ}


def _order_by_brief(found: Sequence[SoldProduct], brief: str | None) -> list[SoldProduct]:
    words = _split(brief or "")
    return sorted(found, key=lambda one: (-len(words & _split(_text_of(one))), one.product.id))


def _write_relevance(sold: SoldProduct, brief: str | None) -> str:
    words = sorted(_split(brief or "") & _split(_text_of(sold)))
    return f"words of the brief: {', '.join(words)}" if words else "no word of the brief"


def _text_of(sold: SoldProduct) -> str:
    return " ".join([sold.product.name, sold.product.id, *(site.name for site in sold.sites)])


def _split(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}


def _compute_offers(
    call: ToolCall, page: Sequence[SoldProduct], days: tuple[date | None, date | None], account: str
) -> list[tuple[SoldProduct, ProductOffer | None]]:
    first_on, last_on = days
    most = min(MOST_SLOTS, MOST_PRICED // max(1, len(page)))
    now = call.context.clock()
    return [
        (
            one,
            compute_offer(
                call, one, find_window(one, first_on, last_on, now, most_slots=most), account
            ),
        )
        for one in page
    ]


def _take_page(
    found: Sequence[SoldProduct], asked: GetProductsArguments
) -> tuple[Sequence[SoldProduct], dict[str, Any]]:
    cursor = asked.pagination.cursor or "0"
    if not re.fullmatch(r"[0-9]{1,6}", cursor, re.ASCII):
        raise invalid_value("pagination.cursor", "the cursor is none that this tool gave")
    first = int(cursor)
    until = first + min(asked.pagination.max_results, MOST_PRODUCTS)
    pagination: dict[str, Any] = {"has_more": until < len(found), "total_count": len(found)}
    if pagination["has_more"]:
        pagination["cursor"] = str(until)
    return found[first:until], pagination


def _describe_placement(
    call: ToolCall, site: Site, sizes: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    return {
        "placement_id": site.id,
        "name": site.name,
        "format_ids": [describe_reference(call, size) for size in sizes],
    }


def _write_description(sold: SoldProduct, offer: ProductOffer) -> str:
    window = f"{offer.window.starts_at:%Y-%m-%dT%H:%MZ} to {offer.window.ends_at:%Y-%m-%dT%H:%MZ}"
    names = ", ".join(site.name for site in sold.sites[:5])
    more = f" and {len(sold.sites) - 5} more" if len(sold.sites) > 5 else ""
    return (
        f"{names}{more}. Prices and forecast are those of {offer.hours} screen hours from {window};"
        " a media buy is priced for its own hours."
    )


def _describe_reporting() -> dict[str, Any]:
    return {
        "available_reporting_frequencies": ["hourly", "daily"],
        "expected_delay_minutes": 5,
        "timezone": "UTC",
        "supports_webhooks": False,
        "available_metrics": ["impressions", "spend", "dooh_metrics"],
        "supports_creative_breakdown": False,
        "date_range_support": "date_range",
        "measurement_windows": MEASUREMENT_WINDOWS,
    }
