"""Numbers have no gap and no duplicate, also where processes are killed inside the transaction."""

import multiprocessing
import os
import random
import signal
import sys

from sqlalchemy import Engine, select

from cloud.billing.audit_comparisons import find_gaps
from cloud.billing.document_numbers import DocumentNumber, take_number
from cloud.billing.document_store import DocumentFilter, DocumentStatus, list_documents
from cloud.billing.finalising import finalise_invoice
from cloud.billing.ledger import find_unbalanced
from cloud.database import connect, reading, writing
from cloud.database.billing import document_numbers
from tests.cloud.billing.billing_examples import (
    decision,
    draft,
    flight,
    store_accounts,
    store_lines,
)

INVOICES = 12
PROCESSES = 4


def test_numbers_count_from_one_in_each_series_and_year(engine: Engine) -> None:
    with writing(engine) as connection:
        taken = [
            str(take_number(connection, *of))
            for of in (("INV", 2026), ("INV", 2026), ("CN", 2026), ("INV", 2027))
        ]
    assert taken == ["INV-2026-000001", "INV-2026-000002", "CN-2026-000001", "INV-2027-000001"]
    assert str(DocumentNumber("INV", 2026, 1_000_000)) == "INV-2026-1000000"


def test_the_number_of_a_transaction_that_failed_is_taken_by_the_next(engine: Engine) -> None:
    with engine.connect() as failed:  # rolled back when it is closed
        assert take_number(failed, "INV", 2026).sequence == 1
    with writing(engine) as connection:
        assert take_number(connection, "INV", 2026).sequence == 1


def finalise_some(url: str, seed: int) -> None:
    """Finalise invoices in random order until none is tentative; sometimes die before the end."""
    order = random.Random(seed)
    engine = connect(url)
    tentative = DocumentFilter(status=DocumentStatus.TENTATIVE)
    while True:
        with reading(engine) as connection:
            ids = [one.id for one in list_documents(connection, tentative)]
        if not ids:
            break
        try:
            with writing(engine) as connection:
                finalise_invoice(connection, order.choice(ids), decision())
                if order.random() < 0.2:
                    os.kill(os.getpid(), signal.SIGKILL)
        except ValueError:  # another process was first
            continue
    sys.exit(0)


def test_killed_processes_leave_no_gap_and_no_duplicate(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection)
        store_lines(
            connection,
            *(flight(1, order_id=f"SO-{n}", line_id=f"SO-{n}-1") for n in range(INVOICES)),
        )
        draft(connection)
    url = engine.url.set(drivername=engine.dialect.name).render_as_string(hide_password=False)
    fork = multiprocessing.get_context("fork")
    engine.dispose()
    killed, seed = 0, 0
    running = []
    while running or seed == 0:
        while len(running) < PROCESSES and seed < 60:
            seed += 1
            running.append(fork.Process(target=finalise_some, args=(url, seed)))
            running[-1].start()
        running[0].join()
        ended = running.pop(0)
        killed += ended.exitcode == -signal.SIGKILL
        if ended.exitcode == 0:
            break
    for one in running:
        one.join()
        killed += one.exitcode == -signal.SIGKILL
    with reading(engine) as connection:
        final = list_documents(connection, DocumentFilter(status=DocumentStatus.FINAL))
        assert list(find_gaps(connection)) == []
        assert find_unbalanced(connection) == []
        assert connection.execute(select(document_numbers.c.last)).scalar_one() == INVOICES
    assert killed > 0
    assert sorted(one.number for one in final) == [
        f"INV-2026-{number:06d}" for number in range(1, INVOICES + 1)
    ]
