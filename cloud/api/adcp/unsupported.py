"""Fields of AdCP that this seller refuses, since ignoring them would sell something else."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from cloud.api.adcp.errors import AdcpError

PACKAGE_FIELDS: Final = frozenset(
    {
        "bid_price", "impressions", "paused", "catalogs", "optimization_goals",
        "performance_standards", "creatives",
    }
)  # fmt: skip
UPDATE_FIELDS: Final = PACKAGE_FIELDS - {"paused"} | {
    "pacing", "start_time", "end_time", "targeting_overlay", "keyword_targets_add",
    "keyword_targets_remove", "negative_keywords_add", "negative_keywords_remove",
}  # fmt: skip
BUY_FIELDS: Final = frozenset(
    {
        "proposal_id", "total_budget", "plan_id", "invoice_recipient", "io_acceptance",
        "reporting_webhook", "artifact_webhook",
    }
)  # fmt: skip
CHANGE_FIELDS: Final = frozenset(
    {"start_time", "end_time", "invoice_recipient", "reporting_webhook"}
)
PRODUCT_FIELDS: Final = frozenset({"property_list", "catalog", "required_policies"})
REFUSED_OF: Final[Mapping[str, frozenset[str]]] = {
    "create_media_buy": BUY_FIELDS,
    "update_media_buy": CHANGE_FIELDS,
    "get_products": PRODUCT_FIELDS,
}
"""By tool. Schemas name these fields: clients remove fields that a schema does not have."""
OVERLAY_FIELDS: Final = frozenset({"daypart_targets", "timezone"})
FILTERS: Final = frozenset(
    {"delivery_type", "exclusivity", "is_fixed_price", "channels", "start_date", "end_date"}
)
REASONS: Final[Mapping[str, str]] = {
    "property_list": "products of this seller are sold whole (property_targeting_allowed is false)",
    "collection_list": "screens have no collections",
    "bid_price": "every pricing option has a fixed price",
    "impressions": "a flat rate has no goal of impressions",
    "creatives": "call sync_creatives, then name the creatives in creative_assignments",
    "paused": "pause a package once it is active",
    "start_time": "cancel the package and add one with other dates in new_packages",
    "end_time": "cancel the package and add one with other dates in new_packages",
    "targeting_overlay": "cancel the package and add one with other hours in new_packages",
    "proposal_id": "this seller makes no proposals: send packages",
    "total_budget": "this seller makes no proposals: each package has a budget",
    "reporting_webhook": "poll get_media_buy_delivery",
    "artifact_webhook": "poll get_media_buy_delivery",
}


def refuse_fields(found: Mapping[str, Any], refused: Collection[str], where: str = "") -> None:
    """Raise AdcpError for the first of the refused fields that is sent."""
    for name in sorted(refused):
        if found.get(name) is not None:
            raise _unsupported(f"{where}{name}", name)


def describe_refused(tool: str) -> dict[str, Any]:
    """The JSON Schema of the fields that a tool refuses."""
    return {
        name: {"description": f"refused: {REASONS.get(name, 'leave it out')}"}
        for name in sorted(REFUSED_OF.get(tool, ()))
    }


def refuse_others(found: Mapping[str, Any], allowed: Collection[str], where: str) -> None:
    """Raise AdcpError for the first field that is sent and not among the allowed ones."""
    for name in sorted(found):
        if name not in allowed and found[name] is not None:
            raise _unsupported(f"{where}{name[:60]}", name)


def _unsupported(field: str, name: str) -> AdcpError:
    return AdcpError(
        "UNSUPPORTED_FEATURE",
        f"{field} is not supported",
        field=field,
        suggestion=REASONS.get(name, "leave it out"),
    )
