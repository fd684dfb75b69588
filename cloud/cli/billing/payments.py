"""`python -m cloud payments`: list payments, record transfers, reconcile with the provider.

`resume` is for a scheduler: it sends again what a provider has not answered.
"""

import argparse
import csv
import getpass
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Engine

from cloud import database, settings
from cloud.billing.configuration import SAMPLE, load_billing
from cloud.billing.document_store import (
    DocumentStateError,
    UnknownDocumentError,
    find_number,
)
from cloud.billing.payments.amounts_due import read_invoice_due
from cloud.billing.payments.calls import PaymentService, complete_all, complete_calls
from cloud.billing.payments.payment_store import list_payments
from cloud.billing.payments.provider import (
    CallAction,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from cloud.billing.payments.provider_settings import open_providers
from cloud.billing.payments.reconciliation import Booked, Reconciliation, reconcile
from cloud.billing.payments.recording import PaymentMismatchError, Report
from cloud.billing.payments.requests import ExpectedAmount, open_payment, request_call
from cloud.cli.billing.tables import describe_payment
from cloud.money import written
from wire.clock import utc_now

REFUSALS: Final = (
    DocumentStateError, PaymentMismatchError, ProviderRefusedError, ProviderUnavailableError,
    UnknownDocumentError,
)  # fmt: skip
COLUMNS: Final = (
    "difference", "reference", "provider_amount", "provider_currency", "ledger_amount",
    "ledger_currency",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `payments`."""
    settings.add_arguments(parser, "database", "billing")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="show payments, the latest first")
    actions.add_parser("resume", help="send again what a provider has not answered")
    record = actions.add_parser("record", help="record that an invoice was paid by transfer")
    record.add_argument("invoice", help="number of the invoice")
    compares = actions.add_parser(
        "reconcile", help="compare the provider's list with the ledger, as CSV"
    )
    compares.add_argument("first", type=date.fromisoformat, help="first day, such as 2026-11-01")
    compares.add_argument("last", type=date.fromisoformat, help="last day")
    compares.add_argument("--provider", default="stripe", help="name of the provider (stripe)")


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when it is refused, or when something differs."""
    chosen = settings.read(arguments)
    engine = database.open_existing(chosen.database_url)
    service = PaymentService(engine, open_providers(), clock)
    try:
        return ACTIONS[arguments.action](service, chosen, arguments)
    except REFUSALS as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()


def _list(service: PaymentService, *_: Any) -> int:
    with database.reading(service.engine) as connection:
        for one in list_payments(connection):
            sys.stdout.write(f"{describe_payment(one)}\n")
    return 0


def _resume(service: PaymentService, *_: Any) -> int:
    done, waiting = complete_all(service, by=getpass.getuser())
    sys.stdout.write(f"{done} payments completed, {waiting} wait for their provider\n")
    return 1 if waiting else 0


def _record(
    service: PaymentService, chosen: settings.Settings, arguments: argparse.Namespace
) -> int:
    by = getpass.getuser()
    report = Report(by, service.clock())
    with database.writing(service.engine) as connection:
        invoice = find_number(connection, arguments.invoice)
        due = read_invoice_due(connection, invoice.id, None)
        opened = open_payment(
            connection, due, service.providers["account"], ExpectedAmount(), report
        )
    complete_calls(service, opened.id, by=by)
    with database.writing(service.engine) as connection:
        request_call(connection, opened.id, CallAction.CAPTURE, report)
    sys.stdout.write(f"{describe_payment(complete_calls(service, opened.id, by=by))}\n")
    return 0


def _reconcile(
    service: PaymentService, chosen: settings.Settings, arguments: argparse.Namespace
) -> int:
    provider = service.providers.get(arguments.provider)
    if provider is None:
        sys.stderr.write(
            f"no payment provider {arguments.provider!r} is set up, there are "
            f"{', '.join(service.providers)}: set ONLOOKER_STRIPE_KEY and ONLOOKER_STRIPE_URL\n"
        )
        return 1
    if provider.extends_credit:
        sys.stderr.write("payment on account has no list: compare the bank statement\n")
        return 1
    zone = load_billing(chosen.billing or SAMPLE).seller.zone
    first, until = (
        datetime.combine(day, datetime.min.time(), zone)
        for day in (arguments.first, date.fromordinal(arguments.last.toordinal() + 1))
    )
    found = _compare(service.engine, provider, first, until)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_list_rows(found))
    sys.stderr.write(f"{found.compared} compared, {len(found.differences)} differ\n")
    return 1 if found.differences else 0


def _compare(engine: Engine, *provider_and_times: Any) -> Reconciliation:
    with database.reading(engine) as connection:
        return reconcile(connection, *provider_and_times)


ACTIONS: Final[dict[str, Callable[..., int]]] = {
    "list": _list, "resume": _resume, "record": _record, "reconcile": _reconcile,
}  # fmt: skip


def _list_rows(found: Reconciliation) -> Iterator[tuple[str, ...]]:
    for one in found.differences:
        sides = (*_write(one.provider), *_write(one.ledger))
        yield (one.kind.value, one.reference, *sides)


def _write(booked: Booked | None) -> tuple[str, str]:
    """An amount and its currency; empty where a side does not have it."""
    if booked is None:
        return "", ""
    return written(booked.amount_minor, booked.currency).replace(",", ""), booked.currency
