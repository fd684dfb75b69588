"""Arguments of tools, as AdCP 3.0 names them; their JSON Schema is made of these types.

Values are not converted: a number in quotes is refused. Further fields are ignored, as AdCP demands
of sellers; those that would change what is bought are listed in `cloud.api.adcp.unsupported`.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
Domain = Annotated[str, Meta(pattern=rf"^{LABEL}(\.{LABEL})*$(?!\n)", max_length=253)]
Id = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$(?!\n)")]
Line = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$(?!\n)")]
Prose = Annotated[str, Meta(max_length=10_000, pattern=r"^[^\x00]*$")]
Amount = Annotated[float, Meta(ge=0, le=10**10)]
Instant = Annotated[datetime, Meta(tz=True)]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{16,255}$(?!\n)")]
Overlay = Annotated[
    dict[str, Any],
    Meta(description="daypart_targets with a timezone; other restrictions are refused"),
]
Status = Literal[
    "pending_creatives", "pending_start", "active", "paused", "completed", "rejected", "canceled"
]


class ToolArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What every tool takes; `context` is returned as it is."""

    adcp_major_version: Annotated[int, Meta(ge=1, le=99)] | None = None
    context: dict[str, Any] | None = None
    ext: dict[str, Any] | None = None


class ChangeArguments(ToolArguments, frozen=True, kw_only=True):
    """What every tool that changes something takes."""

    idempotency_key: Key


class BrandReference(msgspec.Struct, frozen=True):
    """A brand by its domain."""

    domain: Domain
    brand_id: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,120}$(?!\n)")] | None = None


class AccountReference(msgspec.Struct, frozen=True):
    """An account by its id, or by a brand and its operator."""

    account_id: Id | None = None
    brand: BrandReference | None = None
    operator: Domain | None = None
    sandbox: bool = False


class AccountSync(msgspec.Struct, frozen=True):
    """A brand and its operator, to be registered."""

    brand: BrandReference
    operator: Domain
    billing: Literal["operator", "agent", "advertiser"]
    payment_terms: Annotated[str, Meta(max_length=40)] | None = None
    sandbox: bool = False


class PageRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of a list."""

    max_results: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Id | None = None


class FormatReference(msgspec.Struct, frozen=True):
    """A format of a creative, of this agent or of another."""

    agent_url: Line
    id: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,128}$(?!\n)")]
    width: Annotated[int, Meta(ge=1, le=32_768)] | None = None
    height: Annotated[int, Meta(ge=1, le=32_768)] | None = None
    duration_ms: Annotated[float, Meta(ge=1)] | None = None


class CapabilitiesArguments(ToolArguments, frozen=True, kw_only=True):
    """No arguments of its own."""


class SyncAccountsArguments(ChangeArguments, frozen=True, kw_only=True):
    """Pairs of brand and operator to register."""

    accounts: Annotated[tuple[AccountSync, ...], Meta(max_length=100)]
    delete_missing: bool = False
    dry_run: bool = False


class ListAccountsArguments(ToolArguments, frozen=True, kw_only=True):
    """Which accounts."""

    status: Annotated[str, Meta(max_length=40)] | None = None
    sandbox: bool | None = None
    pagination: PageRequest = PageRequest()


class ProductFilters(msgspec.Struct, frozen=True):
    """Which products; other filters are refused."""

    delivery_type: Literal["guaranteed", "non_guaranteed"] | None = None
    exclusivity: Literal["none", "category", "exclusive"] | None = None
    is_fixed_price: bool | None = None
    channels: Annotated[tuple[str, ...], Meta(max_length=40)] | None = None
    start_date: Day | None = None
    end_date: Day | None = None


class Refinement(msgspec.Struct, frozen=True):
    """What to change in an earlier answer."""

    scope: Literal["request", "product", "proposal"]
    ask: Prose | None = None
    product_id: Id | None = None
    proposal_id: Id | None = None
    action: Annotated[str, Meta(max_length=40)] = "include"


class GetProductsArguments(ToolArguments, frozen=True, kw_only=True):
    """What is looked for."""

    buying_mode: Literal["brief", "wholesale", "refine"]
    brief: Prose | None = None
    refine: Annotated[tuple[Refinement, ...], Meta(max_length=100)] = ()
    brand: BrandReference | None = None
    account: AccountReference | None = None
    filters: dict[str, Any] | None = None
    property_list: dict[str, Any] | None = None
    fields: Annotated[tuple[str, ...], Meta(max_length=50)] | None = None
    pagination: PageRequest = PageRequest()


class CreativeAssignment(msgspec.Struct, frozen=True):
    """A creative of a package."""

    creative_id: Id
    weight: Annotated[float, Meta(ge=0, le=100)] | None = None
    placement_ids: Annotated[tuple[str, ...], Meta(max_length=500)] | None = None


class PackageRequest(msgspec.Struct, frozen=True):
    """A package to buy: a product, for a flight, within a budget."""

    product_id: Id
    pricing_option_id: Id
    budget: Amount
    start_time: Instant | None = None
    end_time: Instant | None = None
    format_ids: Annotated[tuple[FormatReference, ...], Meta(max_length=50)] = ()
    targeting_overlay: Overlay | None = None
    measurement_terms: dict[str, Any] | None = None
    creative_assignments: Annotated[tuple[CreativeAssignment, ...], Meta(max_length=50)] = ()
    context: dict[str, Any] | None = None


class CreateMediaBuyArguments(ChangeArguments, frozen=True, kw_only=True):
    """A media buy."""

    account: AccountReference
    brand: BrandReference
    packages: Annotated[tuple[PackageRequest, ...], Meta(max_length=50)] = ()
    start_time: Annotated[str, Meta(max_length=40, description="an instant, or `asap`")]
    end_time: Instant
    po_number: Id | None = None


class PackageUpdate(msgspec.Struct, frozen=True):
    """What changes in a package."""

    package_id: Id
    budget: Amount | None = None
    paused: bool | None = None
    canceled: Literal[True] | None = None
    cancellation_reason: Line | None = None
    creative_assignments: Annotated[tuple[CreativeAssignment, ...], Meta(max_length=50)] | None = (
        None
    )


class UpdateMediaBuyArguments(ChangeArguments, frozen=True, kw_only=True):
    """What changes in a media buy."""

    account: AccountReference
    media_buy_id: Id
    revision: Annotated[int, Meta(ge=1)] | None = None
    paused: bool | None = None
    canceled: Literal[True] | None = None
    cancellation_reason: Line | None = None
    packages: Annotated[tuple[PackageUpdate, ...], Meta(max_length=50)] = ()
    new_packages: Annotated[tuple[PackageRequest, ...], Meta(max_length=50)] = ()


class GetMediaBuysArguments(ToolArguments, frozen=True, kw_only=True):
    """Which media buys."""

    account: AccountReference | None = None
    media_buy_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)] | None = None
    status_filter: Status | Annotated[tuple[Status, ...], Meta(max_length=10)] | None = None
    include_snapshot: bool = False
    include_history: Annotated[int, Meta(ge=0, le=1000)] = 0
    pagination: PageRequest = PageRequest()


class GetDeliveryArguments(ToolArguments, frozen=True, kw_only=True):
    """Which media buys, and which days in UTC: `end_date` is included."""

    account: AccountReference | None = None
    media_buy_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)] | None = None
    status_filter: Status | Annotated[tuple[Status, ...], Meta(max_length=10)] | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    include_package_daily_breakdown: bool = False


class ListFormatsArguments(ToolArguments, frozen=True, kw_only=True):
    """Which formats."""

    format_ids: Annotated[tuple[FormatReference, ...], Meta(max_length=100)] | None = None
    type: Annotated[str, Meta(max_length=40)] | None = None
    asset_types: Annotated[tuple[str, ...], Meta(max_length=20)] | None = None
    name_search: Prose | None = None
    pagination: PageRequest = PageRequest()


class CreativeSync(msgspec.Struct, frozen=True):
    """A creative to store."""

    creative_id: Id
    name: Line
    format_id: FormatReference
    assets: Annotated[dict[str, dict[str, Any]], Meta(max_length=20)]


class PackageAssignment(msgspec.Struct, frozen=True):
    """A creative for a package."""

    creative_id: Id
    package_id: Id
    weight: Annotated[float, Meta(ge=0, le=100)] | None = None


class SyncCreativesArguments(ChangeArguments, frozen=True, kw_only=True):
    """Creatives to store, and packages that show them."""

    account: AccountReference
    creatives: Annotated[tuple[CreativeSync, ...], Meta(min_length=1, max_length=100)]
    creative_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)] | None = None
    assignments: Annotated[tuple[PackageAssignment, ...], Meta(max_length=500)] = ()
    validation_mode: Literal["strict", "lenient"] = "strict"
    delete_missing: bool = False
    dry_run: bool = False


class CreativeFilters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which creatives; other filters are refused."""

    creative_ids: Annotated[tuple[Id, ...], Meta(max_length=100)] | None = None
    statuses: Annotated[tuple[str, ...], Meta(max_length=10)] | None = None


class ListCreativesArguments(ToolArguments, frozen=True, kw_only=True):
    """Which creatives."""

    account: AccountReference | None = None
    filters: dict[str, Any] | None = None
    include_assignments: bool = True
    pagination: PageRequest = PageRequest()
