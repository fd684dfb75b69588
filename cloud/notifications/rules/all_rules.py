"""Every rule, in the two groups in which they are evaluated."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.notifications.event import NoticeEvent
from cloud.notifications.rules.campaigns import find_campaign_events
from cloud.notifications.rules.flash_sales import find_flash_sales
from cloud.notifications.rules.holds import find_expiring_holds
from cloud.notifications.rules.invoices import find_issued_invoices
from cloud.notifications.rules.optimal_slots import find_optimal_slots
from cloud.notifications.rules.price_drops import find_price_drops
from cloud.notifications.rules.under_delivery import find_under_deliveries
from cloud.sites.sites import Sites

NoticeRule = Callable[[Connection, Sites, datetime], Iterable[NoticeEvent]]

FREQUENT: Final[tuple[NoticeRule, ...]] = (
    find_expiring_holds,
    find_flash_sales,
    find_under_deliveries,
    find_issued_invoices,
)
"""Evaluated every time: what is urgent, and cheap to find."""
HOURLY: Final[tuple[NoticeRule, ...]] = (
    find_campaign_events,
    find_price_drops,
    find_optimal_slots,
)
"""Evaluated once an hour: they read many lines or prices."""
