"""A running campaign of Acme with its order, creatives, a test, visitors and an invoice.

KX-01 is observed; CW-01 was dark and obstructed for a part of two days. Acme has an agency, which
pays on account. Another order waits as a draft, and another one was cancelled.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, update

from cloud import database
from cloud.auth.accounts.account import AccountProfile
from cloud.auth.accounts.account_store import change_account, require_account
from cloud.auth.keys import Role
from cloud.billing.document_store import DocumentFilter, list_documents
from cloud.billing.finalising import finalise_invoice
from cloud.booking.orders import placing
from cloud.booking.orders.lifecycle import book_lines, cancel_lines
from cloud.booking.orders.order import Order
from cloud.booking.orders.order_rows import read_lines
from cloud.booking.orders.order_work import Actor, OrderWork
from cloud.booking.orders.placing import NewOrder
from cloud.booking.orders.policy import load_booking_policy
from cloud.booking.quote_locks import LockedQuote, LockedSlot, new_id, store_quote
from cloud.booking.slots import DeliveryType
from cloud.campaigns.campaign import make_campaign_id
from cloud.campaigns.creative_tests.store import NewCreativeTest, create_test
from cloud.campaigns.creatives import CreativeStatus, NewCreative, create_creative, decide_creative
from tests.cloud.billing.billing_examples import NOV_2, decision, draft, flight, store_lines
from tests.cloud.rates import sites

BOB = Actor("Bob of Acme", frozenset({"acme"}), frozenset({Role.ADVERTISER}))
SCREENS = ("KX-01", "CW-01")
CREATIVES = ("tea-10s", "tea-winter")
HOURS = (7, 8, 9, 16, 17, 18)
PRICE_MINOR = 2_140
"""Above the base rates of KX-01 and CW-01: the sold hours bring more than fixed prices."""
INVOICED = "SO-2041"
AGO, AHEAD = 4, 3
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
GROUPS = (
    ("25-34", "female", 61),
    ("25-34", "male", 48),
    ("35-44", "female", 33),
    ("45-54", "male", 4),
)


def seed(engine: Engine, now: datetime) -> Mapping[str, str]:
    """Store the orders of Acme with what cameras reported; returns ids for the routes."""
    with database.writing(engine) as connection:
        set_credit(connection, "media", 5_000_000, now)
        store_creatives(connection, now)
        order = store_orders(connection, now)
        store_plays(connection, now)
        store_blind_time(connection, now)
        store_visitors(connection, now)
        store_test(connection, now)
        invoice = store_invoice(connection, now)
    campaign = make_campaign_id(("acme", "Acme", "Winter tea"))
    return {
        "order": order.id, "campaign": campaign, "invoice": invoice,
        "/checkout/$order": f"/checkout/{order.id}",
    }  # fmt: skip


def store_invoice(connection: Connection, now: datetime) -> str:
    """The final invoice of an order of October; returns its id."""
    starts_at = NOV_2 - timedelta(days=20)
    line = flight(3, order_id=INVOICED, line_id=f"{INVOICED}-1", starts_at=starts_at)
    store_lines(connection, line, at=starts_at)
    draft(connection, now=now)
    (drafted,) = list_documents(connection, DocumentFilter(order_id=INVOICED))
    return finalise_invoice(connection, drafted.id, decision(now)).id


def set_credit(connection: Connection, account: str, limit_minor: int, now: datetime) -> None:
    """Let an account pay after its invoices, up to a limit."""
    found = require_account(connection, account)
    names = AccountProfile.__slots__
    profile = AccountProfile(**{name: getattr(found, name) for name in names})
    changed = replace(profile, credit_limit_minor=limit_minor)
    change_account(connection, changed, by="a seed", now=now)


def store_creatives(connection: Connection, now: datetime) -> None:
    """Approved ones, one that waits, and one that was rejected."""
    for number, name in enumerate((*CREATIVES, "tea-spring", "tea-loud")):
        new = NewCreative(
            account="acme", name=name, sha256=f"{number:064x}", reference=None,
            media_type="video/mp4", width_px=1080, height_px=1920,
            duration=timedelta(seconds=10), categories=(),
        )  # fmt: skip
        stored = create_creative(connection, new, by="bob", now=now - timedelta(days=9 - number))
        if name != "tea-spring":
            refused = name == "tea-loud"
            status = CreativeStatus.REJECTED if refused else CreativeStatus.APPROVED
            reason = "the text covers the product" if refused else None
            decide_creative(connection, stored.id, status, reason=reason, by="sales", now=now)


def store_orders(connection: Connection, now: datetime) -> Order:
    """A booked order in its flight, a draft, and a cancelled one."""
    work = OrderWork(
        connection=connection, sites=sites(), policy=load_booking_policy(), actor=BOB,
        now=now - timedelta(days=AGO + 1),
    )  # fmt: skip
    flying = _place(work, "Winter tea", list_hours(now, -AGO, AHEAD), SCREENS, CREATIVES)
    book_lines(work, flying, read_lines(connection, [flying.id]))
    later = list_hours(now, AHEAD + 1, AHEAD + 3)
    _place(work, "Spring tea", later, ("LS-01",), ())
    dropped = _place(work, "Autumn tea", later, ("WA-01",), ())
    book_lines(work, dropped, read_lines(connection, [dropped.id]))
    cancel_lines(work, dropped, read_lines(connection, [dropped.id]), "the launch is later")
    return flying


def _place(
    work: OrderWork,
    name: str,
    hours: Sequence[datetime],
    screens: Sequence[str],
    creatives: tuple[str, ...],
) -> Order:
    order = placing.place_order(work, NewOrder(name=name, account="acme"))
    quote = LockedQuote(
        id=new_id(), account="acme", currency="GBP", delivery=DeliveryType.GUARANTEED,
        slots=tuple(
            LockedSlot(screen, int(at.timestamp()), 1, PRICE_MINOR, ())
            for screen in screens for at in hours
        ),
        valid_until=work.now + HOUR, created_by=work.actor.name, created_at=work.now, versions={},
    )  # fmt: skip
    store_quote(work.connection, quote)
    placing.add_lines(work, order.id, quote, creatives=creatives)
    return order


def list_hours(now: datetime, first_day: int, last_day: int) -> list[datetime]:
    """The booked hours of some days, counted from today."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = range(first_day, last_day + 1)
    return [midnight + timedelta(days=day, hours=hour) for day in days for hour in HOURS]


def list_shown(now: datetime) -> Iterator[tuple[str, datetime]]:
    """The screens and hours of the flight that are over."""
    for at in list_hours(now, -AGO, AHEAD):
        if at + HOUR <= now:
            yield from ((screen, at) for screen in SCREENS)


def store_plays(connection: Connection, now: datetime) -> None:
    """What cameras saw of each creative, half of it each."""
    rows = [
        {
            "location": screen, "device": f"{screen.lower()}-cam-1",
            "hour_at": int(at.timestamp()), "creative": creative, "plays": 29 + place,
            "observed_ms": 290_000, "person_ms": 840_000 + 9_000 * (number % 17),
            "facing_ms": 260_000,
            "looking_ms": (88 + 9 * place) * 1_000 + 2_100 * (number * 7 % 11), "unsure_ms": 0,
        }
        for number, (screen, at) in enumerate(list_shown(now))
        for place, creative in enumerate(CREATIVES)
    ]  # fmt: skip
    if rows:
        connection.execute(database.hour_creatives.insert(), rows)


def store_blind_time(connection: Connection, now: datetime) -> None:
    """Parts of the hours at CW-01 that its camera could not observe."""
    columns = database.hour_tallies.c
    for number, (screen, at) in enumerate(list_shown(now)):
        if screen == "CW-01" and number % 3 == 0:
            dark, obstructed = 9 * 60_000, 14 * 60_000
            values: dict[str, Any] = {
                "observed_ms": HOUR_MS - dark - obstructed,
                "blind_dark_ms": dark,
                "blind_obstructed_ms": obstructed,
            }
            same = (columns.location == screen) & (columns.hour_at == int(at.timestamp()))
            connection.execute(update(database.hour_tallies).where(same).values(values))


def store_visitors(connection: Connection, now: datetime) -> None:
    """Visits by age and gender at KX-01; one group is too small to be shown."""
    shown = next((at for screen, at in list_shown(now) if screen == "KX-01"), None)
    if shown is None:
        return
    rows = [
        {
            "location": "KX-01", "device": "kx-01-cam-1", "minute_at": int(shown.timestamp()),
            "age": age, "gender": gender, "visits": visits, "onlookers": visits // 3,
        }
        for age, gender, visits in GROUPS
    ]  # fmt: skip
    connection.execute(database.minute_demographics.insert(), rows)


def store_test(connection: Connection, now: datetime) -> None:
    """A test of the two creatives over the flight."""
    new = NewCreativeTest(
        account="acme", name="Headline of the winter tea", creatives=CREATIVES, locations=SCREENS,
        alpha=0.05, starts_at=list_hours(now, -AGO, AHEAD)[0],
        ends_at=list_hours(now, -AGO, AHEAD)[-1] + HOUR,
    )  # fmt: skip
    create_test(connection, sites(), new, by="bob", now=new.starts_at - HOUR)
