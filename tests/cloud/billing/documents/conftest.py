"""Final documents of each kind, made once."""

from collections.abc import Iterator

import pytest

from cloud.billing.credit_amounts import LineCredit
from cloud.billing.credit_notes import approve_credit, request_credit
from cloud.billing.document_store import StoredDocument
from cloud.billing.finalising import finalise_invoice
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    DEC_5,
    decision,
    draft,
    draft_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import new_engine

NAME = "Müller & Søn #evil() *bold* <b>Жизнь</b> Ωmega " + "and partners " * 7


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, StoredDocument]]:
    """An invoice of 60 lines with commission, one with reverse charge, and a credit note."""
    engine = new_engine(tmp_path_factory.mktemp("documents"))
    with writing(engine) as connection:
        store_accounts(connection)
        lines = [flight(3, line_id=f"SO-1-{n}", campaign=NAME[:110]) for n in range(60)]
        store_lines(connection, *lines)
        tentative = draft_one(connection)
        invoice = finalise_invoice(connection, tentative.id, decision())
        store_lines(connection, flight(order_id="SO-2", line_id="SO-2-1", account="bolt"))
        (abroad,) = draft(connection).drafted
        dinar_line = flight(order_id="SO-3", line_id="SO-3-1", account="bolt", currency="KWD")
        store_lines(connection, dinar_line)
        (dinars,) = draft(connection).drafted
        wanted = [LineCredit(1, 100), LineCredit(2, 750)]
        asked = request_credit(connection, invoice.id, wanted, "late", by="x", now=DEC_5)
        found = {
            "tentative": tentative,
            "invoice": invoice,
            "abroad": finalise_invoice(connection, abroad, decision()),
            "credit_note": approve_credit(connection, asked.id, decision()),
            "dinars": finalise_invoice(connection, dinars, decision()),
        }
    yield found
    engine.dispose()
