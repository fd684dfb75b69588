"""`get_media_buy_delivery`: plays and audience of packages, tentative until late data has arrived.

Impressions are opportunities to see, measured by cameras; what no camera observed is estimated. The
interval and the observed share are in `ext`. A figure of which nothing is known is left out, never
zero. Spend is the price of the hours that have ended.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from cloud.api.adcp.account_references import choose_accounts
from cloud.api.adcp.arguments import GetDeliveryArguments
from cloud.api.adcp.errors import invalid_value
from cloud.api.adcp.media_buy_documents import MediaBuy, read_media_buys
from cloud.api.adcp.media_buys import choose_statuses, find_media_buys
from cloud.api.adcp.tool_call import ToolCall
from cloud.api.adcp.venue_metrics import describe_dooh, describe_provenance
from cloud.app.campaign_figures import usual_audience
from cloud.booking.adcp.measurement_terms import FINAL, TENTATIVE
from cloud.booking.adcp.media_buy_status import MediaBuyStatus
from cloud.booking.order_line import HOUR_S, SOLD
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import list_orders
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.delivery import LATE_DATA
from cloud.campaigns.estimates import EstimatedHour
from cloud.campaigns.line_hours import read_line_hours
from cloud.campaigns.totals import DeliveryTotals, sum_hours
from cloud.database import EPOCH
from cloud.money import major

MOST_BUYS: Final = 100
DAY_S: Final = 86_400
SHOWN: Final = ("active", "paused", "completed", "pending_start", "pending_creatives", "canceled")
DELIVERY_STATUS: Final = {
    MediaBuyStatus.ACTIVE: "delivering",
    MediaBuyStatus.COMPLETED: "completed",
    MediaBuyStatus.CANCELED: "flight_ended",
}


@dataclass(frozen=True, slots=True)
class Period:
    """Hours that start in [since_s, until_s), in seconds since 1970."""

    since_s: int
    until_s: int

    def includes(self, starts_at_s: int) -> bool:
        """Whether an hour is in it."""
        return self.since_s <= starts_at_s < self.until_s


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFigures:
    """Hours of lines that have begun, by line; and which lines are final."""

    hours: Mapping[str, Sequence[EstimatedHour]]
    now: datetime
    period: Period

    def of(self, lines: Iterable[BookedLine]) -> list[EstimatedHour]:
        """The hours of some lines."""
        return [hour for line in lines for hour in self.hours.get(line.line_id, ())]

    def sum_spend(self, lines: Iterable[BookedLine], day: int | None = None) -> int:
        """The price of hours that have ended, of one day in UTC or of all, in minor units."""
        now_s = self.now.timestamp()
        return sum(
            line.positions * price
            for line in lines
            if line.booking_status in SOLD
            for start_s, price in line.prices
            if start_s + HOUR_S <= now_s
            and self.period.includes(start_s)
            and (day is None or start_s // DAY_S == day)
        )


def get_media_buy_delivery(call: ToolCall, asked: GetDeliveryArguments) -> dict[str, Any]:
    """Describe the delivery of media buys, as a whole and by package."""
    now = call.context.clock()
    first_on, last_on = _read_day("start_date", asked), _read_day("end_date", asked)
    if first_on is not None and last_on is not None and last_on < first_on:
        raise invalid_value("end_date", "end_date is before start_date")
    period = _to_period(first_on, last_on, now)

    def read(connection: Connection) -> tuple[list[MediaBuy], DeliveryFigures]:
        accounts = choose_accounts(connection, call, asked.account)
        found = _find(connection, asked, accounts)
        return found, _read_figures(connection, call, found, period, now)

    buys, figures = call.read(read)
    currency = buys[0].order.currency if buys else call_currency(call)
    deliveries = [_describe_buy(call, one, figures, asked) for one in buys]
    starts = [line.starts_at for one in buys for line in one.lines]
    begins_at = EPOCH + timedelta(seconds=period.since_s)
    if first_on is None:
        begins_at = min([*starts, now])
    return {
        "reporting_period": {"start": begins_at, "end": EPOCH + timedelta(seconds=period.until_s)},
        "currency": currency,
        "media_buy_deliveries": deliveries,
    }


def call_currency(call: ToolCall) -> str:
    """The currency of the screens, where there is no media buy."""
    return next((site.currency for site in call.context.sites), "GBP")


def _find(
    connection: Connection, asked: GetDeliveryArguments, accounts: frozenset[str] | None
) -> list[MediaBuy]:
    if asked.media_buy_ids is not None:
        found = find_media_buys(connection, asked.media_buy_ids, accounts)
    else:
        page = list_orders(connection, accounts, offset=0, count=MOST_BUYS)
        found = read_media_buys(connection, page.orders)
    wanted = choose_statuses(asked.status_filter or SHOWN, is_list=False) or frozenset()
    first = found[0].order.currency if found else ""
    return [one for one in found if one.status in wanted and one.order.currency == first]


def _read_figures(
    connection: Connection,
    call: ToolCall,
    buys: Sequence[MediaBuy],
    period: Period,
    now: datetime,
) -> DeliveryFigures:
    ids = [line.line_id for one in buys for line in one.lines]
    lines = read_lines(connection, call.context.sites, "line_id", ids)
    until = min(now, EPOCH + timedelta(seconds=period.until_s))
    every = read_line_hours(connection, lines, until, usual_audience(call.context)).hours
    hours: dict[str, list[EstimatedHour]] = {}
    for hour in every:
        if period.includes(hour.hour.booked.key.hour_at):
            hours.setdefault(hour.hour.booked.line_id, []).append(hour)
    return DeliveryFigures(hours=hours, now=now, period=period)


def _describe_buy(
    call: ToolCall, buy: MediaBuy, figures: DeliveryFigures, asked: GetDeliveryArguments
) -> dict[str, Any]:
    packages = [
        _describe_package(call, buy, name, lines, figures, asked)
        for name, lines in buy.lines_of_packages.items()
    ]
    return {
        "media_buy_id": buy.order.id,
        "status": buy.status,
        "pricing_model": "flat_rate",
        "totals": _describe_figures(call, buy, buy.lines, figures),
        "by_package": packages,
    }


def _describe_package(
    call: ToolCall,
    buy: MediaBuy,
    name: str,
    lines: Sequence[BookedLine],
    figures: DeliveryFigures,
    asked: GetDeliveryArguments,
) -> dict[str, Any]:
    currency = buy.order.currency
    ends_at = max(line.ends_at for line in lines)
    is_final = figures.now >= ends_at + LATE_DATA
    found: dict[str, Any] = {
        "package_id": name,
        **_describe_figures(call, buy, lines, figures),
        "pricing_model": "flat_rate",
        "rate": major(sum(line.cost_minor for line in lines), currency),
        "currency": currency,
        "is_final": is_final,
        "measurement_window": FINAL if is_final else TENTATIVE,
    }
    if buy.status in DELIVERY_STATUS:
        found["delivery_status"] = DELIVERY_STATUS[buy.status]
    if asked.include_package_daily_breakdown:
        found["daily_breakdown"] = _describe_days(lines, figures, currency)
    return found


def _describe_figures(
    call: ToolCall, buy: MediaBuy, lines: Sequence[BookedLine], figures: DeliveryFigures
) -> dict[str, Any]:
    hours = figures.of(lines)
    totals = sum_hours(hours)
    spend = major(figures.sum_spend(lines), buy.order.currency)
    found: dict[str, Any] = {"spend": spend} | _describe_impressions(totals, hours)
    found["dooh_metrics"] = describe_dooh(call.context.sites, hours)
    found["ext"] = {"onlooker": describe_provenance(totals)}
    return found


def _describe_impressions(totals: DeliveryTotals, hours: Sequence[EstimatedHour]) -> dict[str, Any]:
    """Opportunities to see, and plays; what is not known of hours that have begun is left out."""
    found: dict[str, Any] = {}
    if totals.has_audience or not hours:
        found["impressions"] = int(totals.ots.interval.p50)
    if totals.has_audience or totals.plays or not hours:
        found["plays"] = totals.plays
    return found


def _describe_days(
    lines: Sequence[BookedLine], figures: DeliveryFigures, currency: str
) -> list[dict[str, Any]]:
    """Days in UTC of which something is known."""
    days: dict[Hashable, list[EstimatedHour]] = {}
    for hour in figures.of(lines):
        days.setdefault(hour.hour.booked.key.hour_at // DAY_S, []).append(hour)
    found = []
    for day, hours in sorted(days.items(), key=str):
        totals = sum_hours(hours)
        if not totals.has_audience:
            continue
        assert isinstance(day, int)
        spend: Decimal = major(figures.sum_spend(lines, day), currency)
        on = (EPOCH + timedelta(days=day)).date()
        impressions = int(totals.ots.interval.p50)
        found.append({"date": on.isoformat(), "impressions": impressions, "spend": spend})
    return found


def _read_day(name: str, asked: GetDeliveryArguments) -> date | None:
    text = getattr(asked, name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid_value(name, f"found {text}: {error}") from None


def _to_period(first_on: date | None, last_on: date | None, now: datetime) -> Period:
    """Whole days in UTC; without days the lifetime up to now."""
    since_s = 0 if first_on is None else _to_seconds(first_on)
    until_s = int(now.timestamp()) if last_on is None else _to_seconds(last_on) + DAY_S
    return Period(since_s, max(since_s, until_s))


def _to_seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
