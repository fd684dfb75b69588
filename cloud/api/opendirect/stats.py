"""OpenDirect's statistics of a line: what it has delivered so far, and the log of its plays."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection

from cloud.api.opendirect.answers import (
    PREFIX,
    READ_PROBLEMS,
    AccountId,
    Count,
    Offset,
    OpenDirectRoute,
    answer_page,
    require_own_account,
)
from cloud.api.opendirect.orders import LINE, LineId, find_account_order, find_line
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES, Asker, OrderId
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.booking.order_line import HOUR_S, SOLD
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import read_lines
from cloud.booking.sale_limits import find_site
from cloud.campaigns.delivery import LineDelivery, read_delivery
from cloud.campaigns.plays.line_plays import LineFlight, LinePlay, list_line_plays
from cloud.money import major
from cloud.sites.site_model import Site

MAX_REFERENCE: Final = 48
"""Characters of `mediaownerplayoutref`."""

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES), Depends(require_own_account)],
)


@router.get(LINE + "/stats", responses=READ_PROBLEMS)
async def get_line_stats(
    request: Request,
    account: AccountId,
    order: OrderId,
    line: LineId,
    who: Asker,
    detail: Literal["line", "plays"] = "line",
    offset: Offset = 0,
    count: Count = 25,
) -> Response:
    """Return what a line has delivered up to now, or a page of its logged plays."""
    context: AppContext = get_context(request)
    accounts = actor_of(request).accounts

    def read(connection: Connection) -> tuple[list[dict[str, Any]], int]:
        find_account_order(connection, accounts, account, order)
        found = find_line(read_lines(connection, [order]), line)
        if detail == "line":
            return [read_stats(connection, context, found)], 1
        return read_plays(connection, context, found, offset, count)

    stats, total = await read_database(request, read)
    return answer_page(request, "stats", stats, total)


def read_stats(connection: Connection, context: AppContext, line: BookedLine) -> dict[str, Any]:
    """What a line has delivered up to now."""
    now = context.clock()
    found = read_delivery(connection, [line.line_id], now, sites=context.sites)
    return describe_stats(
        line, find_site(context.sites, line.location), found.get(line.line_id), now
    )


def read_plays(
    connection: Connection, context: AppContext, line: BookedLine, offset: int, count: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the logged plays of a line, and how many there are."""
    site = find_site(context.sites, line.location)
    flight = LineFlight(
        line_id=line.line_id, locations=[line.location] if site is None else site.ids,
        creatives=line.creatives, starts_at=line.starts_at, ends_at=line.ends_at,
    )  # fmt: skip
    plays, total = list_line_plays(connection, flight, offset=offset, count=count)
    return [describe_play(line, play, context.clock()) for play in plays], total


def describe_stats(
    line: BookedLine, site: Site | None, found: LineDelivery | None, now: datetime
) -> dict[str, Any]:
    """The line as one record. Impressions are opportunities to see; null where none are known.

    A screen has no clicks. The spot is the whole flight.
    """
    ended = [price for start_s, price in line.prices if start_s + HOUR_S <= now.timestamp()]
    spend = line.positions * sum(ended) if line.booking_status in SOLD else 0
    zone = UTC if site is None else site.zone
    stats: dict[str, Any] = {
        "reportdate": now,
        "frameid": line.location,
        "impressions": found.ots if found is not None and found.has_audience else None,
        "clicks": 0,
        "ctr": 0,
        "spend": major(spend, line.currency),
        **_describe_spot(line.starts_at.astimezone(zone), line.ends_at.astimezone(zone)),
        "ext": {"plays": None, "bookedplays": None} if found is None else _describe_plays(found),
    }
    if len(line.creatives) == 1:
        stats |= {"creativeid": line.creatives[0], "creativename": line.creatives[0]}
    if site is not None:
        share = Decimal(100 * line.positions) / site.loop.positions
        stats["spotlength"] = site.loop.spot_s * 1_000
        stats["shareoftime"] = share.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return stats


def describe_play(line: BookedLine, play: LinePlay, now: datetime) -> dict[str, Any]:
    """A logged play; its audience is known for the line only."""
    ended_at = play.started_at + (play.duration or timedelta())
    found = {
        "reportdate": now,
        "frameid": line.location,
        **_describe_spot(play.started_at, ended_at),
        "creativeid": play.creative,
        "creativename": play.creative,
        "mediaownerplayoutref": play.ref[:MAX_REFERENCE],
    }
    if play.duration is not None:
        found["spotlength"] = play.duration // timedelta(milliseconds=1)
    return found


def _describe_plays(found: LineDelivery) -> dict[str, Any]:
    booked = found.booked_plays
    return {
        "plays": found.plays,
        "bookedplays": booked,
        "deliverypercent": round(100 * found.plays / booked, 2) if booked else None,
        "impressionslow": found.ots_low if found.has_audience else None,
        "impressionshigh": found.ots_high if found.has_audience else None,
        "isfinal": found.is_final,
    }


def _describe_spot(starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """Start and end in UTC, each with the offset of the local clock."""
    return {
        "spotstartutc": starts_at.astimezone(UTC),
        "spotstarttz": _describe_offset(starts_at),
        "spotendutc": ends_at.astimezone(UTC),
        "spotendtz": _describe_offset(ends_at),
    }


def _describe_offset(at: datetime) -> str:
    """The offset from UTC, such as `+01:00`."""
    return at.isoformat(timespec="seconds")[-6:]
