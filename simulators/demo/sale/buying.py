"""From the brief to the booked order: plan, quote, hold, order, payment.

No request states a price: the order has that of the hold, and the hold that of the quote.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from simulators.demo.running import DemoError
from simulators.demo.sale.flight import HOURS, ZONE, Flight
from simulators.demo.sale.sales_api import SaleRole, SalesApi
from simulators.payments.intents import ACCEPTED
from simulators.payments.server import WebhookSender

BUDGET: Final = "150.00"
CREATIVE: Final = "harbour-10s"
PLANNED_WITHIN_S: Final = 60.0
Answer = Mapping[str, Any]


def open_account(api: SalesApi, account: str) -> Answer:
    """The advertiser, without credit: every order is paid before it is booked."""
    profile = {"id": account, "name": "Harbour Tea Ltd", "kind": "advertiser",
               "address": ["2 Quay Street", "London", "E14 5AB"]}  # fmt: skip
    return _change(api, SaleRole.SELLER, "/api/accounts", profile)


def plan_campaign(api: SalesApi, flight: Flight) -> Answer:
    """Ask for the most attention for a budget, and wait for the plan."""
    local = flight.starts_at.astimezone(ZONE)
    brief = {
        "budget": BUDGET,
        "from": local.date().isoformat(),
        "until": (local.date() + timedelta(days=1)).isoformat(),
        "locations": [flight.location],
        "dayparts": [{"from_hour": local.hour, "to_hour": local.hour + HOURS}],
        "caps": {"max_positions_per_slot": flight.positions},
        "within_s": 20,
    }
    plan = _change(api, SaleRole.BUYER, "/api/pricing/plans", brief)
    deadline = time.monotonic() + PLANNED_WITHIN_S
    while plan["status"] in ("waiting", "working"):
        if time.monotonic() > deadline:
            raise DemoError(f"plan {plan['id']} took more than {PLANNED_WITHIN_S:.0f} s")
        time.sleep(0.2)
        plan = api.get(SaleRole.BUYER, f"/api/pricing/plans/{plan['id']}")
    if plan["status"] != "done":
        raise DemoError(f"plan {plan['id']} is {plan['status']}: {plan['sentence']}")
    return plan


def lock_quote(api: SalesApi, plan: Answer) -> Answer:
    """Lock the price of the slots of a plan for half an hour."""
    slots = [
        {"location": line["location"], "time_slot": line["time_slot"],
         "positions": line["positions"]}
        for line in plan["answer"]["lines"]
    ]  # fmt: skip
    return _change(api, SaleRole.BUYER, "/api/quotes", {"slots": slots})


def hold_quote(api: SalesApi, quote: Answer) -> Answer:
    """Hold the positions of a quote: nobody else can buy them."""
    return _change(api, SaleRole.BUYER, "/api/holds", {"quote": quote["id"]})


def approve_creative(api: SalesApi, flight: Flight, sha256: str) -> Answer:
    """The buyer names the file of the creative, the seller approves it."""
    width_px, height_px = flight.size_px
    creative = {"name": CREATIVE, "sha256": sha256, "media_type": "video/mp4",
                "width_px": width_px, "height_px": height_px,
                "duration_s": flight.spot_s}  # fmt: skip
    stored = _change(api, SaleRole.BUYER, "/api/creatives", creative)
    return _change(api, SaleRole.SELLER, f"/api/creatives/{stored['id']}/approve", {})


def place_order(api: SalesApi, hold: Answer) -> Answer:
    """An order with the line of the hold, which is reserved until it is paid."""
    order = _change(api, SaleRole.BUYER, "/api/orders", {"name": "Harbour Tea, autumn"})
    lines = {"hold": hold["id"], "creatives": [CREATIVE]}
    return _change(api, SaleRole.BUYER, f"/api/orders/{order['id']}/lines", lines)


def pay_order(api: SalesApi, webhooks: WebhookSender, order: Answer) -> Answer:
    """Pay what is due with a card; the provider reports the payment, each event twice."""
    payment = _change(api, SaleRole.BUYER, "/api/payments", {"order": order["id"]})
    where = f"/api/payments/{payment['id']}"
    _change(api, SaleRole.BUYER, f"{where}/confirm", {"payment_method": ACCEPTED})
    refused = [status for status in webhooks.send_new() if status != 200]
    paid: Answer = api.get(SaleRole.BUYER, where)
    if refused or paid["status"] != "succeeded":
        raise DemoError(f"payment {paid['id']} is {paid['status']}, webhooks got {refused}")
    return paid


def book_order(api: SalesApi, order: Answer) -> Answer:
    """Book the reserved lines, which is refused for an order that is not paid."""
    return _change(api, SaleRole.BUYER, f"/api/orders/{order['id']}/actions", {"action": "book"})


def _change(api: SalesApi, who: SaleRole, path: str, body: Answer) -> Answer:
    answer: Answer = api.change(who, "POST", path, body)
    return answer
