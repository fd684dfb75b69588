"""After the flight: the invoice, the make-good that finance approves, and the credit note."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from simulators.demo.running import DemoError
from simulators.demo.sale.sales_api import SaleRole, SalesApi
from simulators.demo.sale.sales_server import SalesServer

PROMISED_S: Final = 40
"""Attention seconds that cameras measure in the three hours, as the seller guarantees them."""
Answer = Mapping[str, Any]


def find_campaign(api: SalesApi, order: Answer) -> Answer:
    """The campaign of an order, as the buyer sees it."""
    found = api.get(SaleRole.BUYER, "/api/campaigns")["campaigns"]
    (campaign,) = (one for one in found if order["id"] in one["orders"])
    return dict(campaign)


def guarantee_attention(api: SalesApi, campaign: Answer, line: str) -> Answer:
    """The seller guarantees attention that cameras measure: estimates do not count."""
    path = f"/api/campaigns/{campaign['id']}/lines/{line}/guarantee"
    promise = {"metric": "attention_s", "amount": PROMISED_S, "measured_only": True}
    answer: Answer = api.change(SaleRole.SELLER, "PUT", path, promise)
    return answer


def read_live_performance(api: SalesApi, campaign: Answer) -> Answer:
    """The first of the events that the buyer's page receives during the flight."""
    path = f"/api/campaigns/{campaign['id']}/live"
    answer: Answer = api.read_first_event(SaleRole.BUYER, path)
    return answer


def read_hours(api: SalesApi, campaign: Answer) -> list[Answer]:
    """The delivery of each hour."""
    path = f"/api/campaigns/{campaign['id']}/history?step=hour"
    return list(api.get(SaleRole.BUYER, path)["steps"])


def run_invoices(server: SalesServer) -> str:
    """Run the command that a scheduler runs every day."""
    return server.run("invoices", "invoices", "run").strip()


def find_document(api: SalesApi, order: Answer, kind: str) -> Answer:
    """The final invoice or credit note of an order, with its lines; raises DemoError."""
    path = f"/api/invoices?kind={kind}&status=final&order={order['id']}"
    found = api.get(SaleRole.BUYER, path)["invoices"]
    if len(found) != 1:
        raise DemoError(f"the order has {len(found)} final documents of kind {kind}, expected one")
    answer: Answer = api.get(SaleRole.BUYER, f"/api/invoices/{found[0]['id']}")
    return answer


def store_pdf(api: SalesApi, document: Answer, folder: Path) -> Path:
    """Download the PDF of a document, which has the e-invoice inside."""
    path = folder / f"{document['number']}.pdf"
    path.write_bytes(api.read(SaleRole.BUYER, f"/api/invoices/{document['id']}.pdf"))
    return path


def propose_make_good(api: SalesApi, campaign: Answer) -> Answer:
    """The seller asks which lines are certainly short; raises DemoError where none is."""
    path = f"/api/campaigns/{campaign['id']}/make-goods"
    proposed = api.change(SaleRole.SELLER, "POST", path, {"remedy": "credit"})["make_goods"]
    if len(proposed) != 1:
        raise DemoError(f"{len(proposed)} make-goods are proposed, expected one")
    return dict(proposed[0])


def approve_make_good(api: SalesApi, make_good: Answer) -> Answer:
    """Finance approves a proposal."""
    path = f"/api/make-goods/{make_good['id']}/approve"
    reason = {"decision": "the guarantee counts measured attention only"}
    answer: Answer = api.change(SaleRole.FINANCE, "POST", path, reason)
    return answer
