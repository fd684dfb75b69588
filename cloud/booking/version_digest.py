"""The actions after which the audit log has a digest of all rows of `order_line_versions`."""

from typing import Final

from sqlalchemy import Connection

from cloud.auth import audit
from cloud.booking.transitions import LineAction

FILE_ACTION: Final = "orders.load"
ADD_ACTION: Final = "order.line.add"
REMOVE_ACTION: Final = "order.line.remove"
DISCOUNT_ACTION: Final = "order.discount"
ASSIGN_ACTION: Final = "order.line.assign"
LINE_ACTIONS: Final = {action: f"order.line.{action}" for action in LineAction}
VERSION_ACTIONS: Final = frozenset(
    {
        FILE_ACTION, ADD_ACTION, REMOVE_ACTION, DISCOUNT_ACTION, ASSIGN_ACTION,
        *LINE_ACTIONS.values(),
    }
)  # fmt: skip


def read_last_digest(connection: Connection) -> str | None:
    """The digest that the newest of these entries has; None without one. Lock the log first."""
    details = audit.read_latest_details(connection, *VERSION_ACTIONS) or {}
    return details.get("rows")
