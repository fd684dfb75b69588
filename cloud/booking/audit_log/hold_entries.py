"""Entries in the audit log about holds."""

import hashlib
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from cloud.auth import audit
from cloud.booking.holds import BookingHold, encode_slots

PLACE: Final = "hold.place"
EXTEND: Final = "hold.extend"
RELEASE: Final = "hold.release"
DISPLACE: Final = "hold.displace"


def record_hold(
    connection: Connection, hold: BookingHold, action: str, by: str, at: datetime
) -> None:
    """Write the entry of a change: the hold as it is after it."""
    details: dict[str, Any] = {
        "account": hold.account,
        "slots": len(hold.slots),
        "quote": hold.quote,
        "delivery": hold.delivery,
        "expires_at": hold.expires_at.isoformat(),
        "latest_at": hold.latest_at.isoformat(),
        "content": digest_of_slots(encode_slots(hold.slots)),
    }
    audit.record_change(
        connection, at=at, actor=by[:120], action=action, about=hold.id, details=details
    )


def digest_of_slots(encoded: bytes) -> str:
    """Of the slots of a hold, for the audit log."""
    return hashlib.sha256(encoded).hexdigest()[:32]
