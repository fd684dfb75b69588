"""Kinds of notifications, the channels, and what applies where a user has chosen nothing.

By default few messages are sent, by e-mail only: those about what the account has bought, holds or
owes, and what the user has set up. What advertises slots (optimal slots, price drops, flash sales)
is sent only to users who have chosen it, and staff receive nothing else unless they choose it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cloud.auth.keys import Role


class NoticeTopic(StrEnum):
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
    SCHEDULED_REPORT = "scheduled_report"


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


TITLES: Final[Mapping[NoticeTopic, str]] = {
    NoticeTopic.HOLD_EXPIRING: "Holds that are about to expire",
    NoticeTopic.CAMPAIGN_STARTED: "Campaigns that have started",
    NoticeTopic.UNDER_DELIVERY: "Lines that deliver less than expected",
    NoticeTopic.REPORT_READY: "Final reports of campaigns",
    NoticeTopic.INVOICE_ISSUED: "Invoices and credit notes",
    NoticeTopic.OPTIMAL_SLOTS: "Best slots for saved briefs",
    NoticeTopic.PRICE_DROP: "Price drops for saved briefs",
    NoticeTopic.FLASH_SALE: "Flash sales",
    NoticeTopic.WEBHOOK_DISABLED: "Webhooks that were disabled",
    NoticeTopic.SCHEDULED_REPORT: "Scheduled reports",
}
DEFAULT_EMAIL: Final[Mapping[NoticeTopic, NoticeMode]] = {
    NoticeTopic.HOLD_EXPIRING: NoticeMode.IMMEDIATE,
    NoticeTopic.CAMPAIGN_STARTED: NoticeMode.DIGEST,
    NoticeTopic.UNDER_DELIVERY: NoticeMode.IMMEDIATE,
    NoticeTopic.REPORT_READY: NoticeMode.DIGEST,
    NoticeTopic.INVOICE_ISSUED: NoticeMode.IMMEDIATE,
    NoticeTopic.WEBHOOK_DISABLED: NoticeMode.IMMEDIATE,
    NoticeTopic.SCHEDULED_REPORT: NoticeMode.IMMEDIATE,
}
"""What buyers receive by e-mail without a choice; everything else is off."""
URGENT: Final = frozenset({NoticeTopic.HOLD_EXPIRING})
"""Sent in quiet hours too, where the event would be over at their end."""
STAFF_ROLES_OF: Final[Mapping[NoticeTopic, frozenset[Role]]] = {
    NoticeTopic.HOLD_EXPIRING: frozenset({Role.SALES, Role.ADMIN}),
    NoticeTopic.CAMPAIGN_STARTED: frozenset({Role.SALES, Role.OPERATIONS, Role.ADMIN}),
    NoticeTopic.UNDER_DELIVERY: frozenset({Role.SALES, Role.OPERATIONS, Role.ADMIN}),
    NoticeTopic.REPORT_READY: frozenset({Role.SALES, Role.ADMIN}),
    NoticeTopic.INVOICE_ISSUED: frozenset({Role.FINANCE, Role.SALES, Role.ADMIN}),
    NoticeTopic.OPTIMAL_SLOTS: frozenset({Role.SALES, Role.ADMIN}),
    NoticeTopic.PRICE_DROP: frozenset({Role.SALES, Role.ADMIN}),
    NoticeTopic.FLASH_SALE: frozenset({Role.SALES, Role.ADMIN}),
    NoticeTopic.WEBHOOK_DISABLED: frozenset(),
    NoticeTopic.SCHEDULED_REPORT: frozenset(),
}
"""Which staff may choose a kind: the roles that may read what it is about."""

PERSONAL: Final = frozenset({NoticeTopic.WEBHOOK_DISABLED, NoticeTopic.SCHEDULED_REPORT})
"""About what the user has set up: staff receive them too."""


def default_mode(kind: NoticeTopic, channel: NoticeChannel, *, is_staff: bool) -> NoticeMode:
    """What applies to a user who has not chosen."""
    if channel is not NoticeChannel.EMAIL:
        return NoticeMode.OFF
    if is_staff and kind not in PERSONAL:
        return NoticeMode.OFF
    return DEFAULT_EMAIL.get(kind, NoticeMode.OFF)
