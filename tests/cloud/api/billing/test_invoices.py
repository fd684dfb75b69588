"""Invoices as JSON, PDF and XML, and the way of a credit note through the API."""

import facturx
import pytest
from lxml import etree

from cloud.api.billing import invoices

SHOWN = "/api/invoices"


@pytest.fixture(scope="module")
def invoice(callers) -> str:
    return callers.new_invoice()


def test_an_account_reads_its_invoice_in_each_form(callers, invoice):
    answer = callers.ask("acme", "GET", f"{SHOWN}/{invoice}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["status"], found["total_minor"], found["total"]) == ("final", 900, "9.00")
    assert [line["amount_minor"] for line in found["lines"]] == [750]
    pdf = callers.ask("acme", "GET", f"{SHOWN}/{invoice}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"].endswith(f'"{found["number"]}.pdf"')
    _, inside = facturx.get_xml_from_pdf(pdf.content, check_xsd=False)
    xml = callers.ask("acme", "GET", f"{SHOWN}/{invoice}.xml")
    assert facturx.parse_ubl_cii_xml(inside)["BT-1"] == found["number"]
    assert facturx.get_flavor(etree.fromstring(xml.content)) == "factur-x"
    ubl = callers.ask("acme", "GET", f"{SHOWN}/{invoice}.xml?syntax=ubl")
    assert facturx.get_flavor(etree.fromstring(ubl.content)) == "ubl-2.1-invoice"


def test_another_account_finds_nothing(callers, invoice):
    assert callers.ask("bolt", "GET", SHOWN).json() == {"invoices": [], "next": None}
    for path in (f"{SHOWN}/{invoice}", f"{SHOWN}/{invoice}.pdf", f"{SHOWN}/{invoice}.xml"):
        assert callers.ask("bolt", "GET", path).status_code == 404


def test_lists_are_paged_and_filtered(callers, invoice):
    other = callers.new_invoice()
    first = callers.ask("finance", "GET", f"{SHOWN}?limit=1&status=final").json()
    assert [one["id"] for one in first["invoices"]] == [max(invoice, other)]
    after = first["next"]
    second = callers.ask("finance", "GET", f"{SHOWN}?limit=1&after={after}&kind=invoice").json()
    assert [one["id"] for one in second["invoices"]] == [min(invoice, other)]
    assert callers.ask("finance", "GET", f"{SHOWN}?order=SO-unknown").json()["invoices"] == []


def test_a_credit_note_is_requested_by_sales_and_approved_by_finance(callers, invoice):
    body = {"lines": [{"line": 1, "amount_minor": 250}], "reason": "two hours without a picture"}
    path = f"{SHOWN}/{invoice}/credit-notes"
    assert callers.ask("acme", "POST", path, body).status_code == 403
    asked = callers.ask("sales", "POST", path, body)
    assert (asked.status_code, asked.json()["status"]) == (201, "requested")
    note = asked.headers["location"]
    assert callers.ask("sales", "POST", f"{note}/approve").status_code == 403
    approved = callers.ask("finance", "POST", f"{note}/approve")
    assert (approved.status_code, approved.json()["number"]) == (200, "CN-2026-000001")
    assert approved.json()["total_minor"] == 300
    assert callers.ask("finance", "POST", f"{note}/reject").status_code == 409
    assert callers.ask("acme", "GET", note).json()["corrects"] == invoice


def test_finance_does_not_approve_its_own_request_and_may_reject_others(callers, invoice):
    body = {"lines": [{"line": 1, "amount_minor": 1}], "reason": "a test"}
    note = callers.ask("finance", "POST", f"{SHOWN}/{invoice}/credit-notes", body).json()["id"]
    own = callers.ask("finance", "POST", f"{SHOWN}/{note}/approve")
    assert (own.status_code, "another person" in own.text) == (409, True)
    assert callers.ask("auditor", "POST", f"{SHOWN}/{note}/reject").json()["status"] == "rejected"
    assert callers.ask("auditor", "GET", f"{SHOWN}/{note}.xml").status_code == 409


def test_a_repeated_request_is_executed_once(callers, invoice):
    body = {"lines": [{"line": 1, "amount_minor": 2}], "reason": "a test"}
    path = f"{SHOWN}/{invoice}/credit-notes"
    key = {"idempotency-key": "same"}
    first, second = (callers.ask("sales", "POST", path, body, **key) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    without = callers.client("POST", path, headers={"x-api-key": callers.keys["sales"]}, json=body)
    assert without.status_code == 400


@pytest.mark.parametrize(
    "body",
    [{"lines": [], "reason": "a test"}, {"lines": [{"line": 1, "amount_minor": -5}],
     "reason": "a test"}, {"lines": [{"line": 9, "amount_minor": 5}], "reason": "a test"},
     {"lines": [{"line": 1, "amount_minor": 10**6}], "reason": "a test"}],
)  # fmt: skip
def test_a_credit_outside_the_invoice_is_refused(callers, invoice, body):
    answer = callers.ask("sales", "POST", f"{SHOWN}/{invoice}/credit-notes", body)
    assert answer.status_code == 422


def test_the_csv_file_has_every_document_however_it_is_divided(callers, invoice, monkeypatch):
    callers.new_invoice()
    whole = callers.ask("acme", "GET", f"{SHOWN}.csv").text
    monkeypatch.setattr(invoices, "CHUNK", 1)
    assert callers.ask("acme", "GET", f"{SHOWN}.csv").text == whole
    assert len(whole.splitlines()) > 2
