"""The accounts of the portal beside that of the sale: the media owner, an agency, and its clients.

The agency has a credit limit, so that an order for a client can be booked on account.
"""

from collections.abc import Mapping
from typing import Any, Final

from simulators.demo.sale.sales_server import MEDIA_OWNER

AGENCY: Final = "bright-media"
OWNER_PROFILE: Final[Mapping[str, Any]] = {
    "id": MEDIA_OWNER, "name": "Example Media Ltd", "kind": "media_owner",
    "address": ["1 Example Street", "London", "N1 9AG"],
}  # fmt: skip
AGENCY_PROFILES: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "id": AGENCY, "name": "Bright Media Ltd", "kind": "agency", "commission_bp": 1_000,
        "credit_limit_minor": 500_000, "address": ["8 Canal Road", "London", "N1 7AB"],
    },
    {
        "id": "pier-coffee", "name": "Pier Coffee Ltd", "kind": "advertiser", "agency": AGENCY,
        "address": ["4 Pier Road", "London", "SE1 2AA"],
    },
    {
        "id": "loop-bikes", "name": "Loop Bikes Ltd", "kind": "advertiser", "agency": AGENCY,
        "address": ["9 Mill Lane", "London", "SE8 3JF"],
    },
)  # fmt: skip
"""The agency comes before the clients that name it."""
