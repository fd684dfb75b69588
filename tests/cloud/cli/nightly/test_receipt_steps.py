"""The nightly run names devices whose receipts were rejected, and faults of the log."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from cloud.cli.nightly.receipt_steps import ReceiptSteps
from cloud.database import writing
from cloud.database.receipts import receipts
from tests.cloud.databases import new_engine

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(device: str, number: int, **fields: object) -> dict[str, object]:
    return {
        "device": device, "stream_id": "s", "first_sequence": number, "last_sequence": number,
        "location": "KX-01", "starts_at": NOW - HOUR, "ends_at": NOW, "keyid": "k",
        "envelope": "{}", "creatives": "[]", "state": "rejected", "reason": "expired",
        "entry": None, "received_at": NOW - HOUR, **fields,
    }  # fmt: skip


def test_rejected_receipts_of_a_day_and_a_missing_entry_are_noted(tmp_path) -> None:
    engine = new_engine(tmp_path)
    steps = ReceiptSteps(engine, lambda: NOW)
    (step,) = steps.steps()
    assert (step.run().rows, step.run().notes) == (0, [])
    with writing(engine) as connection:
        connection.execute(
            insert(receipts),
            [
                row("kx-01-cam-1", 1),
                row("kx-01-cam-1", 2),
                row("lb-01-cam-1", 1, received_at=NOW - 25 * HOUR),
                row("lb-01-cam-1", 2, state="logged", reason=None, entry=7),
            ],
        )
    *faults, rejected = step.run().notes
    assert rejected.startswith("2 receipts of kx-01-cam-1 were rejected: expired. ")
    assert faults[0].startswith("the log has 0 entries")
