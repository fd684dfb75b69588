"""Kinds of notifications, the channels, and what applies where a user has chosen nothing.

By default few messages are sent, by e-mail only: those about what the account has bought, holds or
owes. What advertises slots (optimal slots, price drops, flash sales) is sent only to users who have
chosen it, and staff receive nothing unless they choose it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cloud.auth.keys import Role


class NoticeKind(StrEnum):
    """What a notification is about."""

    HOLD_EXPIRING = "hold_expiring"
    CAMPAIGN_STARTED = "campaign_started"
    UNDER_DELIVERY = "under_delivery"
    REPORT_READY = "report_ready"
    INVOICE_ISSUED = "invoice_issued"
    OPTIMAL_SLOTS = "optimal_slots"
    PRICE_DROP = "price_drop"
    FLASH_SALE = "flash_sale"
    WEBHOOK_DISABLED = "webhook_disabled"


class NoticeChannel(StrEnum):
    """How a notification is sent."""

    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"


class NoticeMode(StrEnum):
    """When a notification is sent."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"  # once a day, by e-mail only
    OFF = "off"


TITLES: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.HOLD_EXPIRING: "Holds that are about to expire",
    NoticeKind.CAMPAIGN_STARTED: "Campaigns that have started",
    NoticeKind.UNDER_DELIVERY: "Lines that deliver less than expected",
    NoticeKind.REPORT_READY: "Final reports of campaigns",
    NoticeKind.INVOICE_ISSUED: "Invoices and credit notes",
    NoticeKind.OPTIMAL_SLOTS: "Best slots for saved briefs",
    NoticeKind.PRICE_DROP: "Price drops for saved briefs",
    NoticeKind.FLASH_SALE: "Flash sales",
    NoticeKind.WEBHOOK_DISABLED: "Webhooks that were disabled",
}
DEFAULT_EMAIL: Final[Mapping[NoticeKind, NoticeMode]] = {
    NoticeKind.HOLD_EXPIRING: NoticeMode.IMMEDIATE,
    NoticeKind.CAMPAIGN_STARTED: NoticeMode.DIGEST,
    NoticeKind.UNDER_DELIVERY: NoticeMode.IMMEDIATE,
    NoticeKind.REPORT_READY: NoticeMode.DIGEST,
    NoticeKind.INVOICE_ISSUED: NoticeMode.IMMEDIATE,
    NoticeKind.WEBHOOK_DISABLED: NoticeMode.IMMEDIATE,
}
"""What buyers receive by e-mail without a choice; everything else is off."""
URGENT: Final = frozenset({NoticeKind.HOLD_EXPIRING})
"""Sent in quiet hours too, where the event would be over at their end."""
STAFF_ROLES_OF: Final[Mapping[NoticeKind, frozenset[Role]]] = {
    NoticeKind.HOLD_EXPIRING: frozenset({Role.SALES, Role.ADMIN}),
    NoticeKind.CAMPAIGN_STARTED: frozenset({Role.SALES, Role.OPERATIONS, Role.ADMIN}),
    NoticeKind.UNDER_DELIVERY: frozenset({Role.SALES, Role.OPERATIONS, Role.ADMIN}),
    NoticeKind.REPORT_READY: frozenset({Role.SALES, Role.ADMIN}),
    NoticeKind.INVOICE_ISSUED: frozenset({Role.FINANCE, Role.SALES, Role.ADMIN}),
    NoticeKind.OPTIMAL_SLOTS: frozenset({Role.SALES, Role.ADMIN}),
    NoticeKind.PRICE_DROP: frozenset({Role.SALES, Role.ADMIN}),
    NoticeKind.FLASH_SALE: frozenset({Role.SALES, Role.ADMIN}),
    NoticeKind.WEBHOOK_DISABLED: frozenset(),
}
"""Which staff may choose a kind: the roles that may read what it is about."""


def default_mode(kind: NoticeKind, channel: NoticeChannel, *, is_staff: bool) -> NoticeMode:
    """What applies to a user who has not chosen."""
    if channel is not NoticeChannel.EMAIL:
        return NoticeMode.OFF
    if is_staff and kind is not NoticeKind.WEBHOOK_DISABLED:
        return NoticeMode.OFF
    return DEFAULT_EMAIL.get(kind, NoticeMode.OFF)
