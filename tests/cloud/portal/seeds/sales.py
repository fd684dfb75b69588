"""Sales and finance: six weeks of sold hours, what waits for a decision, proposals, make-goods.

Acme has sold lines whose prices differ by day, so that the uplift has an interval; LB-01 was not
observed at night. A discount, a credit note, a creative and a make-good wait.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.auth import audit
from cloud.auth.keys import Role
from cloud.billing.credit_amounts import LineCredit
from cloud.billing.credit_notes import request_credit
from cloud.billing.document_store import DocumentFilter, list_documents
from cloud.billing.finalising import finalise_invoice
from cloud.booking.holds import BookingHold, BookingHoldState, place_hold
from cloud.booking.inventory.dayparts import LOCAL, WeeklyHours
from cloud.booking.inventory.products import (
    NamedDaypart,
    Product,
    store_daypart,
    store_product,
)
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.approvals import give_discount
from cloud.booking.orders.lifecycle import book_lines
from cloud.booking.orders.order import BookedLine, LineSlot, flight_of
from cloud.booking.orders.order_work import Actor, OrderWork
from cloud.booking.orders.placing import NewOrder, add_lines, place_order
from cloud.booking.orders.policy import load_booking_policy
from cloud.booking.quote_locks import LockedQuote, LockedSlot, new_id, store_quote
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.booking.version_digest import ADD_ACTION
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.creatives import NewCreative, create_creative
from cloud.campaigns.guarantees import Guarantee, Metric, set_guarantee
from cloud.campaigns.make_good_store import Remedy, propose_make_good
from cloud.campaigns.make_goods import DeliveredAmount, Shortfall
from cloud.pricing.market import PriceOverride
from cloud.sales.overrides import ActiveOverride, store_override
from cloud.sales.proposals.proposal import new_proposal
from cloud.sales.proposals.proposal_steps import offer_proposal, withdraw_proposal
from cloud.trade.deals.deal import create_deal
from tests.cloud.billing.billing_examples import decision, draft, flight, store_lines
from tests.cloud.rates import sites
from tests.cloud.trade.deals.deal_examples import new_private_deal

MARY = Actor("Mary Poole (user 0)", None, frozenset({Role.SALES}))
BOB = Actor("Bob (user 1)", frozenset({"acme"}), frozenset({Role.ADVERTISER}))
SCREENS = {"KX-01": 1.3, "LB-01": 1.15, "OX-01": 1.45}
"""Usual price of a sold hour, as a multiple of the base rate."""
BILLED = "SO-AUTUMN"
DAYS = 42
SINCE_DAYS = 9
HOURS = (5, 8, 17)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def seed(engine: Engine, now: datetime) -> None:
    """Store what the pages of sales, finance and administration show."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with database.writing(engine) as connection:
        mary, bob = (_work(connection, actor, now) for actor in (MARY, BOB))
        order = _sell(mary, today)
        create_deal(connection, sites(), new_private_deal(order, now), by=MARY.name, now=now)
        _propose_make_good(connection, order, now)
        _sell_short(mary, today)
        _ask_for_discount(mary, bob, today)
        _offer(mary, today)
        _store_inventory(connection, now)
        _store_rest(connection, now, today)


def _work(connection: Connection, actor: Actor, now: datetime) -> OrderWork:
    return OrderWork(
        connection=connection, sites=sites(), policy=load_booking_policy(), actor=actor, now=now
    )


def _sell(work: OrderWork, today: datetime) -> str:
    """A line of each screen, whose prices differ by day; returns the order."""
    order = place_order(work, NewOrder(account="acme", name="Autumn at the stations"))
    lines = [_sold_line(work, order.id, name, today) for name in SCREENS]
    work.store_lines(order, lines, ADD_ACTION)
    return order.id


def _sell_short(work: OrderWork, today: datetime) -> None:
    """A line that ended nine days ago and was promised more than it delivered."""
    order = place_order(work, NewOrder(account="acme", name="Summer at London Bridge"))
    sold = _sold_line(work, order.id, "LB-01", today)
    slots = sold.slots[: -SINCE_DAYS * len(HOURS)]
    starts_at, ends_at = flight_of(slots)
    line = replace(sold, line_id="summer-lb-01", slots=slots, starts_at=starts_at, ends_at=ends_at)
    work.store_lines(order, [line], ADD_ACTION)
    promised = Guarantee(Metric.OTS, 20_000, measured_only=False)
    set_guarantee(work.connection, line.line_id, promised, by=MARY.name, now=work.now)


def _sold_line(work: OrderWork, order: str, location: str, today: datetime) -> BookedLine:
    slots = tuple(_sold_slots(location, today))
    starts_at, ends_at = flight_of(slots)
    return BookedLine(
        line_id=f"autumn-{location.lower()}", order_id=order, location=location, positions=1,
        booking_status=BookingStatus.FINISHED, delivery=DeliveryType.GUARANTEED, slots=slots,
        currency="GBP", discount_bp=0, quote_id=new_id(), quote_ends_at=work.now,
        starts_at=starts_at, ends_at=ends_at, changed_by=MARY.name, changed_at=work.now,
    )  # fmt: skip


def _sold_slots(location: str, today: datetime) -> Iterator[LineSlot]:
    base = sites().location(location).base_rate_minor
    for age in range(DAYS, 0, -1):
        for hour in HOURS:
            at = today - age * DAY + hour * HOUR
            factor = SCREENS[location] + ((age * 7 + hour) % 9 - 4) / 20
            yield LineSlot(int(at.timestamp()), round(base * factor))


def _propose_make_good(connection: Connection, order: str, now: datetime) -> None:
    lines = read_lines(connection, sites(), "order_id", [order])
    for name, (share, low, high) in {"autumn-kx-01": (0.82, 5_900, 6_500)}.items():
        amount = DeliveredAmount(
            Metric.OTS, *map(Decimal, (7_500, round(7_500 * share), low, high))
        )
        shortfall = Shortfall(amount, Decimal("0.18"), 2_160)
        propose_make_good(connection, lines[name], shortfall, Remedy.CREDIT, by=MARY.name, now=now)


def _quote(work: OrderWork, today: datetime, days_ahead: int, **fields: object) -> LockedQuote:
    at = today + days_ahead * DAY + 8 * HOUR
    slots = tuple(
        LockedSlot("KX-01", int((at + number * DAY).timestamp()), 1, 2_400 + 60 * number, ())
        for number in range(5)
    )
    plain = {
        "id": new_id(), "account": "acme", "created_by": MARY.name, "created_at": work.now,
        "valid_until": work.now + 5 * DAY, "currency": "GBP", "slots": slots,
        "delivery": DeliveryType.GUARANTEED, "versions": {"rate_card": "reference-2"},
    }  # fmt: skip
    return LockedQuote(**plain | fields)  # type: ignore[arg-type]


def _ask_for_discount(mary: OrderWork, bob: OrderWork, today: datetime) -> None:
    quote = _quote(mary, today, 20)
    store_quote(mary.connection, quote)
    order = place_order(bob, NewOrder(account="acme", name="New year mornings"))
    add_lines(bob, order.id, quote)
    changed = give_discount(mary, order.id, 2_000, "annual agreement")
    book_lines(bob, changed, bob.choose_lines(changed))


def _offer(mary: OrderWork, today: datetime) -> None:
    for number, name in enumerate(("Winter mornings", "Launch week", "Late evenings")):
        quote = _quote(mary, today, 30 + 7 * number)
        offered = new_proposal(
            name, "for the launch", quote, None, proposal_id=f"{number:032x}", by=MARY.name
        )
        offer_proposal(mary, offered, quote)
    withdraw_proposal(mary, f"{2:032x}", "the screen is closed")


def _store_inventory(connection: Connection, now: datetime) -> None:
    stored = {"changed_by": MARY.name, "changed_at": now}
    weekdays = frozenset(range(1, 6))
    hours = WeeklyHours("7-9;16-18", weekdays, LOCAL)
    store_daypart(connection, NamedDaypart(id="commute", name="Commute", daypart=hours, **stored))
    for name, locations in {"stations": ("KX-01", "LB-01"), "oxford": ("OX-01",)}.items():
        product = Product(
            id=name, name=name.title(), delivery=DeliveryType.GUARANTEED, locations=locations,
            daypart="commute", min_hours=2, **stored,
        )  # fmt: skip
        store_product(connection, product)


def _store_rest(connection: Connection, now: datetime, today: datetime) -> None:
    _ask_for_credit(connection, now, today)
    create_creative(
        connection,
        NewCreative(
            account="acme", name="winter-tea-10s", sha256="b" * 64, reference=None,
            media_type="video/mp4", width_px=1080, height_px=1920,
            duration=timedelta(seconds=10), categories=(),
        ),
        by=BOB.name, now=now,
    )  # fmt: skip
    _hold(connection, now, today)
    _override(connection, now, today)


def _ask_for_credit(connection: Connection, now: datetime, today: datetime) -> None:
    """A credit note of an invoice for a flight of two months ago."""
    line = flight(3, order_id=BILLED, line_id=f"{BILLED}-1", starts_at=today - 60 * DAY + 8 * HOUR)
    store_lines(connection, line, at=today - 61 * DAY)
    draft(connection, now=now)
    (tentative,) = list_documents(connection, DocumentFilter(order_id=BILLED))
    invoice = finalise_invoice(connection, tentative.id, decision(now)).id
    reason = "two hours without a picture"
    request_credit(connection, invoice, [LineCredit(1, 120)], reason, by=MARY.name, now=now)


def _hold(connection: Connection, now: datetime, today: datetime) -> None:
    slots = [
        SlotDemand("LB-01", int((today + (9 + day) * DAY + 8 * HOUR).timestamp()), 1)
        for day in range(3)
    ]
    hold = BookingHold(
        id=new_id(), account="acme", created_by=BOB.name, created_at=now,
        expires_at=now + DAY, latest_at=now + 7 * DAY, extensions=0, state=BookingHoldState.HELD,
        ended_at=None, quote=None, delivery=DeliveryType.GUARANTEED, slots=tuple(slots),
    )  # fmt: skip
    place_hold(connection, sites(), hold, policy=load_booking_policy().hold_policy)


def _override(connection: Connection, now: datetime, today: datetime) -> None:
    hour_at = int((today + 3 * DAY + 8 * HOUR).timestamp())
    details = {"price_minor": 3_000, "reason": "agreed in March", "until": None, "account": None}
    number = audit.record_change(
        connection, at=now, actor=MARY.name, action="price.override", about="KX-01/seed",
        details=details,
    )  # fmt: skip
    override = PriceOverride(number, 3_000, MARY.name, "agreed in March", None, None)
    store_override(connection, ActiveOverride("KX-01", hour_at, now, override))
