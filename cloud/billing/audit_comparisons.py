"""Compare documents, ledger and payments with the audit log."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.billing import credit_notes, drafting, finalising
from cloud.billing.document_store import digest_of_body
from cloud.billing.ledger import find_unbalanced, iterate_postings
from cloud.billing.payments import recording
from cloud.database.billing import billing_documents, document_numbers

DOCUMENT_ACTIONS: Final = frozenset(
    {drafting.DRAFT, finalising.FINALISE, credit_notes.REQUEST, credit_notes.APPROVE,
     credit_notes.REJECT}
)  # fmt: skip
POSTING_ACTIONS: Final = frozenset(
    {finalising.FINALISE, credit_notes.APPROVE, recording.CHANGE, recording.REFUND}
)


class DocumentComparison:
    """`billing_documents`: as their last entry has them, with numbers without gaps."""

    def __init__(self) -> None:
        self._logged: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action in DOCUMENT_ACTIONS:
            self._logged[entry.object] = entry, details
        elif entry.action == drafting.WITHDRAW:
            self._logged.pop(entry.object, None)

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, billing_documents)}
        for name in sorted(rows.keys() | self._logged.keys()):
            what = f"billing_documents: document {name}"
            logged, row = self._logged.get(name), rows.get(name)
            if logged is None:
                yield f"{what} has no entry"
                continue
            entry, details = logged
            compared = ("account", "payer", "currency", "net_minor", "vat_minor", "status",
                        "number")  # fmt: skip
            yield from describe_differences(
                what, entry, row, **{column: details[column] for column in compared}
            )
            if row is not None and digest_of_body(row["body"]) != details["body"]:
                yield f"{what} is not the one of entry {entry.number}: its content was altered"
        yield from find_gaps(connection)


class LedgerComparison:
    """The ledger: every posting as its entry has it, and balanced."""

    def __init__(self) -> None:
        self._posted: dict[str, tuple[AuditEntry, str]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action in POSTING_ACTIONS:
            for reference, digest in details["postings"].items():
                self._posted[reference] = entry, digest

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        for reference in find_unbalanced(connection):
            yield f"ledger_entries: the entries of {reference} do not add up to zero"
        missing = dict(self._posted)
        for posting in iterate_postings(connection):
            what = f"ledger_postings: {posting.reference}"
            logged = missing.pop(posting.reference, None)
            if logged is None:
                yield f"{what} has no entry"
            elif posting.digest != logged[1]:
                yield f"{what} is not the posting of entry {logged[0].number}"
        for reference, (entry, _) in sorted(missing.items()):
            yield f"ledger_postings: {reference} of entry {entry.number} is missing"


def find_gaps(connection: Connection) -> Iterator[str]:
    """A sentence for each series and year whose numbers are not 1, 2, 3, ... up to its counter."""
    counted = {
        (row["series"], row["year"]): row["last"] for row in read_rows(connection, document_numbers)
    }
    found: dict[tuple[str, int], set[int]] = {key: set() for key in counted}
    for row in read_rows(connection, billing_documents):
        if row["sequence"] is not None:
            found.setdefault((row["series"], row["year"]), set()).add(row["sequence"])
    for (series, year), numbers in sorted(found.items()):
        expected = set(range(1, counted.get((series, year), 0) + 1))
        if numbers != expected:
            odd = sorted(numbers ^ expected)[:10]
            yield f"billing_documents: numbers of {series}-{year} are missing or odd: {odd}"
