"""The second half of the demonstration: one sale, from the brief to the credit note.

Every step is a request that a buyer, the seller or finance sends, or the agent on a recording.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from simulators.demo.console import print_line
from simulators.demo.sale import buying, receipts, settlement, wording
from simulators.demo.sale.flight import Flight
from simulators.demo.sale.playing import record_covered_lens, record_first_hour, replay
from simulators.demo.sale.sales_server import ACCOUNT, SalesServer

LIVE_AFTER: Final = timedelta(minutes=5)
"""After the beginning of the first blind hour."""
RECORD: Final = "sale.json"


@dataclass(slots=True)
class Sale:
    """A sale under way: its server, its flight, and the answers by step."""

    server: SalesServer
    flight: Flight
    scene: Path
    answers: dict[str, Any] = field(default_factory=dict)

    def record(self, step: str, answer: Any, text: str) -> Any:
        """Store the answer of a step and print what it says."""
        self.answers[step] = answer
        print_line(wording.format_step(len(self.answers), step, text))
        return answer


def run_sale(server: SalesServer, flight: Flight, scene: Path) -> str:
    """Run every step, and write the answers to `sale.json`; the campaign. Raises DemoError."""
    folder = server.demo.folder
    print_line(wording.introduce(server.api.url, flight))
    sale = Sale(server, flight, scene)
    order, campaign = _buy(sale)
    _measure(sale, campaign)
    server.move_to(datetime.now(UTC))
    _settle(sale, order, campaign)
    (folder / RECORD).write_text(json.dumps(sale.answers, indent=1))
    _store_keys(folder, server)
    print_line(f"\nThe documents and the answer of every step are in {folder} (*.pdf, {RECORD}).")
    return str(campaign["id"])


def _buy(sale: Sale) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    api, flight = sale.server.api, sale.flight
    buying.open_account(api, ACCOUNT)
    plan = buying.plan_campaign(api, flight)
    sale.record("plan", plan, wording.describe_plan(plan, flight))
    quote = buying.lock_quote(api, plan)
    sale.record("quote", quote, wording.describe_quote(quote))
    hold = buying.hold_quote(api, quote)
    sale.record("hold", hold, wording.describe_hold(hold))
    digest = hashlib.sha256(sale.scene.read_bytes()).hexdigest()
    buying.approve_creative(api, flight, digest)
    order = buying.place_order(api, hold)
    sale.record("order", order, wording.describe_order(order))
    payment = buying.pay_order(api, sale.server.webhooks, order)
    booked = buying.book_order(api, order)
    sale.record("payment", payment, wording.describe_payment(payment, booked))
    campaign = settlement.find_campaign(api, order)
    line = booked["lines"][0]["id"]
    promise = settlement.guarantee_attention(api, campaign, line)
    sale.record("guarantee", promise, wording.describe_guarantee(promise))
    return booked, campaign


def _measure(sale: Sale, campaign: Mapping[str, Any]) -> None:
    server, flight = sale.server, sale.flight
    first = record_first_hour(server.demo, flight, sale.scene)
    shown = replay(server.demo, flight, first, server.receipt_keys)
    sale.record("plays", shown, wording.describe_plays(shown, flight))
    server.move_to(flight.blind_at + LIVE_AFTER)
    live = settlement.read_live_performance(server.api, campaign)
    sale.record("live", live, wording.describe_live(live))
    covered = record_covered_lens(server.demo, flight)
    shown = replay(server.demo, flight, covered, server.receipt_keys)
    sale.record("blind", shown, wording.describe_blind(shown, flight))


def _settle(sale: Sale, order: Mapping[str, Any], campaign: Mapping[str, Any]) -> None:
    server, api = sale.server, sale.server.api
    hours = settlement.read_hours(api, campaign)
    sale.record("hours", hours, wording.describe_hours(hours))
    settlement.run_invoices(server)
    invoice = settlement.find_document(api, order, "invoice")
    settlement.store_pdf(api, invoice, server.demo.folder)
    sale.record("invoice", invoice, wording.describe_invoice(invoice))
    _verify_receipts(sale, campaign)
    proposed = settlement.propose_make_good(api, campaign)
    make_good = settlement.approve_make_good(api, proposed)
    sale.record("make-good", make_good, wording.describe_make_good(make_good, hours))
    settlement.run_invoices(server)
    credit = settlement.find_document(api, order, "credit_note")
    settlement.store_pdf(api, credit, server.demo.folder)
    sale.record("credit note", credit, wording.describe_credit(credit))


def _verify_receipts(sale: Sale, campaign: Mapping[str, Any]) -> None:
    demo, keys = sale.server.demo, sale.server.receipt_keys
    sale.server.run("receipts-append", "receipts", "append")  # the stream does so every few seconds
    file = receipts.download_receipts(sale.server.api, campaign, demo.folder)
    verified = receipts.verify_receipts(demo, keys, file)
    altered = receipts.find_alteration(demo, keys, file)
    answer = {"file": str(file), "verified": verified.splitlines(), "altered": altered}
    sale.record("receipts", answer, wording.describe_receipts(file, verified, altered))


def _store_keys(folder: Path, server: SalesServer) -> None:
    """The keys of the callers, for the owner of the folder only."""
    for party, key in server.api.keys.items():
        path = folder / f"{party}.key"
        path.touch(mode=0o600)
        path.write_text(f"{key}\n")
