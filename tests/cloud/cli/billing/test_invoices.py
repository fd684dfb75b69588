"""`invoices` drafts, finalises, corrects and exports; `payments` records and reconciles."""

from datetime import datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from cloud.cli.billing import invoices, payments
from cloud.cli.main import run_refusing
from cloud.database import connect, writing
from simulators.payments.server import PaymentServer
from tests.cloud.billing.billing_examples import (
    DEC_5,
    NOV_2,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import new_database
from wire.command_line import Parser


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = new_database(tmp_path)
    engine = connect(url)
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(4), at=NOV_2)
    engine.dispose()
    return url


@pytest.fixture
def type_command(url, capsys):
    """Run a command at a time; its status, output and errors."""

    def run(module, *words: str, at: datetime = DEC_5) -> tuple[int, str, str]:
        parser = Parser()
        module.add_arguments(parser)
        arguments = parser.parse_args(["--database", url, *words])
        status = run_refusing(lambda: module.run(arguments, lambda: at))
        return (status, *capsys.readouterr())

    return run


def test_an_invoice_from_the_draft_to_its_correction(type_command, tmp_path):
    assert (
        type_command(invoices, "run", at=NOV_2)[1]
        == "0 drafted or changed, 0 made final, 0 credit notes for make-goods\n"
    )
    assert (
        type_command(invoices, "run")[1]
        == "1 drafted or changed, 1 made final, 0 credit notes for make-goods\n"
    )
    assert "INV-2026-000001  invoice     final" in type_command(invoices, "list")[1]
    shown = type_command(invoices, "show", "INV-2026-000001")[1]
    assert "1  KX-01, 1 position, November 2026: 4 x 2.50  10.00" in shown
    assert "without VAT 10.00, VAT 2.00 (20 % S)" in shown
    credit = ("credit", "INV-2026-000001", "1=2.50", "--reason", "no picture")
    requested = type_command(invoices, *credit)[1]
    approved = type_command(invoices, "approve", requested[:32])
    assert "CN-2026-000001   credit_note final" in approved[1]
    assert type_command(invoices, "reject", requested[:32])[0] == 1
    for name, start in (("pdf", b"%PDF"), ("cii", b"<?xml"), ("ubl", b"<?xml")):
        file = tmp_path / f"invoice.{name}"
        words = ("export", "INV-2026-000001", "--format", name, "--out", str(file))
        assert type_command(invoices, *words)[0] == 0
        assert file.read_bytes().startswith(start)
    assert "factur-x.xml" in PdfReader(tmp_path / "invoice.pdf").attachments


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("show", "INV-2026-000009"), "no invoice or credit note 'INV-2026-000009'"),
        (("finalise", "f" * 32), "no invoice or credit note"),
        (("cpm", "SO-9", "1.00", "2"), "no order line 'SO-9'"),
        (("cpm", "SO-1-1", "1.005", "2"), "write at most 2 decimals for GBP"),
    ],
)
def test_what_is_refused_ends_with_one(type_command, words, reason):
    status, _, error = type_command(invoices, *words)
    assert (status, reason in error) == (1, True), error


def test_a_line_is_billed_by_impressions_after_cpm(type_command):
    assert type_command(invoices, "cpm", "SO-1-1", "21.76", "9.19")[0] == 0
    type_command(invoices, "run")
    assert "0 x 21.76  0.00" in type_command(invoices, "show", "INV-2026-000001")[1]


def test_a_transfer_is_recorded_once(type_command):
    type_command(invoices, "run")
    recorded = type_command(payments, "record", "INV-2026-000001")
    assert "account succeeded" in recorded[1]
    status, _, error = type_command(payments, "record", "INV-2026-000001")
    assert (status, "nothing is to be paid" in error) == (1, True)
    assert "12.00 GBP" in type_command(payments, "list")[1]
    assert type_command(payments, "resume")[1] == (
        "0 payments completed, 0 wait for their provider\n"
    )
    words = ("reconcile", "2026-12-01", "2026-12-31", "--provider")
    assert type_command(payments, *words, "account")[0] == 1
    status, _, error = type_command(payments, *words, "stripe")
    assert (status, "no payment provider 'stripe' is set up" in error) == (1, True)


def test_a_reconciliation_is_csv_and_its_status_says_whether_something_differs(
    type_command, monkeypatch
):
    server = PaymentServer("sk_test_key", "whsec", DEC_5.timestamp)
    monkeypatch.setenv("ONLOOKER_STRIPE_KEY", "sk_test_key")
    monkeypatch.setenv("ONLOOKER_STRIPE_URL", server.start())
    words = ("reconcile", "2026-12-01", "2026-12-31")
    status, table, error = type_command(payments, *words)
    assert (status, error) == (0, "0 compared, 0 differ\n")
    intent = server.state.create({"amount": "123456", "currency": "gbp"})["id"]
    server.state.confirm(intent, {"payment_method": "pm_card_visa"})
    status, table, error = type_command(payments, *words)
    server.stop()
    assert (status, error) == (1, "1 compared, 1 differ\n")
    assert table.splitlines()[1] == f"missing,{intent},1234.56,GBP,,"
