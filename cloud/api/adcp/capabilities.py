"""`get_adcp_capabilities`: what this seller supports of AdCP."""

from typing import Any, Final

from cloud.api.adcp.arguments import CapabilitiesArguments
from cloud.api.adcp.tool_call import ToolCall
from cloud.app.idempotency.key_store import RETENTION

MAJOR_VERSION: Final = 3


def get_capabilities(call: ToolCall, _asked: CapabilitiesArguments) -> dict[str, Any]:
    """Describe the seller."""
    return {
        "adcp": {
            "major_versions": [MAJOR_VERSION],
            "idempotency": {
                "supported": True,
                "replay_ttl_seconds": int(RETENTION.total_seconds()),
            },
        },
        "supported_protocols": ["media_buy"],
        "account": {
            "require_operator_auth": False,
            "supported_billing": ["operator", "agent", "advertiser"],
            "required_for_products": False,
            "account_financials": False,
            "sandbox": False,
        },
        "media_buy": {
            "supported_pricing_models": ["flat_rate"],
            "features": {
                "inline_creative_management": False,
                "property_list_filtering": False,
                "catalog_management": False,
            },
            "portfolio": {
                "publisher_domains": [call.publisher],
                "primary_channels": ["dooh"],
                "description": "Digital out-of-home screens whose audience is measured by cameras. "
                "A package buys whole hours of screens at a flat rate.",
            },
        },
    }
