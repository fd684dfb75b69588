"""`python -m cloud invoices`: draft, finalise, correct and export invoices.

`run` is for a scheduler: it drafts what is over and makes final what cameras can no longer change.
"""

import argparse
import getpass
import re
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from cloud import database, settings
from cloud.billing.configuration import SAMPLE as BILLING_SAMPLE
from cloud.billing.configuration import load_billing
from cloud.billing.cpm_contracts import CpmContract, CpmContractError, store_contract
from cloud.billing.credit_amounts import CreditError, LineCredit
from cloud.billing.credit_notes import approve_credit, reject_credit, request_credit
from cloud.billing.delivered_plays import plays_reader
from cloud.billing.document import DocumentStatus
from cloud.billing.document_store import (
    DocumentFilter,
    DocumentStateError,
    StoredDocument,
    UnknownDocumentError,
    find_number,
    list_documents,
    read_document,
)
from cloud.billing.documents.e_invoice import Syntax, write_any_pdf, write_xml
from cloud.billing.drafting import Drafting, draft_invoices
from cloud.billing.finalising import Decision, finalise_due, finalise_invoice
from cloud.billing.make_good_credits import settle_make_goods
from cloud.billing.vat import VatError
from cloud.cli.billing.tables import describe_document, list_lines
from cloud.money import MoneyError, minor
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.clock import utc_now
from wire.whole_file import write_whole_file

REFUSALS: Final = (
    CpmContractError, CreditError, DocumentStateError, MoneyError, UnknownDocumentError, VatError,
)  # fmt: skip
_CREDIT: Final = re.compile(r"(?P<line>[0-9]{1,4})=(?P<amount>[0-9.]{1,20})", re.ASCII)
_DOCUMENT_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `invoices`."""
    settings.add_arguments(parser, "database", "sites", "billing")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("run", help="draft what is over, make final what is due")
    lists = actions.add_parser("list", help="show documents, the latest first")
    lists.add_argument("--order", metavar="ID", help="of this order only")
    lists.add_argument(
        "--status", choices=[one.value for one in DocumentStatus], help="of this status only"
    )
    for name, purpose in (
        ("show", "show a document with its lines"),
        ("finalise", "make a tentative invoice final once its window for late data is over"),
        ("approve", "approve a requested credit note"),
        ("reject", "reject a requested credit note"),
    ):
        actions.add_parser(name, help=purpose).add_argument("document", help="id or number")
    credit = actions.add_parser("credit", help="request a credit note of a final invoice")
    credit.add_argument("document", help="id or number of the invoice")
    credit.add_argument("lines", nargs="+", metavar="LINE=AMOUNT", help="such as 1=12.50")
    credit.add_argument("--reason", required=True, help="printed on the credit note")
    export = actions.add_parser("export", help="write a document to a file")
    export.add_argument("document", help="id or number")
    export.add_argument(
        "--format", choices=("pdf", "cii", "ubl"), default="pdf", help="pdf, or an e-invoice alone"
    )
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    cpm = actions.add_parser("cpm", help="bill an order line by its impressions")
    cpm.add_argument("line", help="id of the order line")
    cpm.add_argument("price", type=_decimal, help="of a thousand impressions, such as 21.76")
    cpm.add_argument("multiplier", type=_decimal, help="booked impressions of a play")
    cpm.add_argument("--currency", default="GBP", help="of the price (GBP)")


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when it is refused, with the reason."""
    chosen = settings.read(arguments)
    decision = Decision(load_billing(chosen.billing or BILLING_SAMPLE), getpass.getuser(), clock())
    engine = database.open_existing(chosen.database_url)
    try:
        with database.writing(engine) as connection:
            if arguments.action == "run":
                return _run(connection, decision, chosen)
            return ACTIONS[arguments.action](connection, decision, arguments)
    except REFUSALS as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()


def _run(connection: Connection, decision: Decision, chosen: settings.Settings) -> int:
    plays = plays_reader(load_sites(chosen.sites or SAMPLE))
    config = decision.config
    result = draft_invoices(Drafting(connection, config, plays, decision.now, decision.by))
    final = finalise_due(connection, decision)
    settled = settle_make_goods(connection, decision)
    for notice in result.notices:
        sys.stderr.write(f"{notice}\n")
    for make_good in settled.waiting:
        sys.stderr.write(f"make-good {make_good} waits for a final invoice of its line\n")
    sys.stdout.write(
        f"{len(result.drafted)} drafted or changed, {len(final)} made final, "
        f"{len(settled.notes)} credit notes for make-goods\n"
    )
    return 1 if result.notices else 0


def _list(connection: Connection, _: Decision, arguments: argparse.Namespace) -> int:
    status = DocumentStatus(arguments.status) if arguments.status else None
    chosen = DocumentFilter(order_id=arguments.order, status=status)
    for one in list_documents(connection, chosen):
        sys.stdout.write(f"{describe_document(one)}\n")
    return 0


def _show(connection: Connection, _: Decision, arguments: argparse.Namespace) -> int:
    for line in list_lines(_find(connection, arguments.document)):
        sys.stdout.write(f"{line}\n")
    return 0


def _finalise(connection: Connection, decision: Decision, arguments: argparse.Namespace) -> int:
    invoice = _find(connection, arguments.document)
    return _print(finalise_invoice(connection, invoice.id, decision))


def _credit(connection: Connection, decision: Decision, arguments: argparse.Namespace) -> int:
    invoice = _find(connection, arguments.document)
    wanted = [_read_credit(one, invoice.content.currency) for one in arguments.lines]
    requested = request_credit(
        connection, invoice.id, wanted, arguments.reason, by=decision.by, now=decision.now
    )
    return _print(requested)


def _approve(connection: Connection, decision: Decision, arguments: argparse.Namespace) -> int:
    """Who may write to the database may approve what the same person requested."""
    note = _find(connection, arguments.document)
    return _print(approve_credit(connection, note.id, decision, by_another=False))


def _reject(connection: Connection, decision: Decision, arguments: argparse.Namespace) -> int:
    note = _find(connection, arguments.document)
    return _print(reject_credit(connection, note.id, by=decision.by, now=decision.now))


def _export(connection: Connection, _: Decision, arguments: argparse.Namespace) -> int:
    document = _find(connection, arguments.document)
    if arguments.format == "pdf":
        content = write_any_pdf(document)
    else:
        content = write_xml(document, Syntax(arguments.format))
    try:
        with write_whole_file(arguments.out) as file:
            file.write(content)
    except OSError as error:
        sys.stderr.write(f"{arguments.out} cannot be written: {error.strerror}\n")
        return 1
    sys.stdout.write(f"{arguments.out}: {len(content)} bytes\n")
    return 0


def _cpm(connection: Connection, decision: Decision, arguments: argparse.Namespace) -> int:
    price = minor(arguments.price, arguments.currency)
    contract = CpmContract(price, arguments.multiplier)
    store_contract(connection, arguments.line, contract, by=decision.by, now=decision.now)
    sys.stdout.write(f"{arguments.line} is billed by impressions\n")
    return 0


ACTIONS: Final[dict[str, Callable[[Connection, Decision, argparse.Namespace], int]]] = {
    "list": _list, "show": _show, "finalise": _finalise, "credit": _credit,
    "approve": _approve, "reject": _reject, "export": _export, "cpm": _cpm,
}  # fmt: skip


def _find(connection: Connection, document: str) -> StoredDocument:
    if _DOCUMENT_ID.fullmatch(document):
        return read_document(connection, document)
    return find_number(connection, document)


def _print(document: StoredDocument) -> int:
    sys.stdout.write(f"{describe_document(document)}\n")
    return 0


def _read_credit(written: str, currency: str) -> LineCredit:
    found = _CREDIT.fullmatch(written)
    if found is None:
        raise CreditError(f"found {written[:40]!r}, expected a line and an amount such as 1=12.50")
    return LineCredit(int(found["line"]), minor(_decimal(found["amount"]), currency))


def _decimal(written: str) -> Decimal:
    try:
        number = Decimal(written)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise argparse.ArgumentTypeError(f"{written[:20]!r} is no amount: write one such as 12.50")
    return number
