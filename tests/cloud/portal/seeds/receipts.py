"""Signed receipts of the latest hour of the campaign at KX-01, in the log; some are missing."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine

from cloud import database
from cloud.ingest.receipts.received import read_receipt, store_receipts
from cloud.receipts.appending import append_pending
from edge_agent.reporting.receipt_signing import sign_receipt
from tests.cloud.portal.seeds.campaigns import CREATIVES, list_shown
from tests.cloud.receipts.receipt_data import DAY, HALF_MINUTE, OTHER, PLAYED, Authority
from tests.report_builder import build_report
from wire.audience import AudienceReport
from wire.receipts.receipt import encode_canonical
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange

DEVICE, LOCATION = DeviceId("kx-01-cam-1"), LocationId("KX-01")
STREAM = JournalId("00000000000000c1")
MISSING = range(50, 56)
"""Half minutes of the hour without a receipt."""


def seed(engine: Engine, now: datetime) -> None:
    """Store the receipts as ingest does, and append them to the log."""
    shown = [at for location, at in list_shown(now) if location == LOCATION]
    if not shown:
        return
    pair = Authority(at=now - 30 * DAY).enrol(DEVICE, at=shown[-1] - DAY)
    received = []
    for report in _list_reports(shown[-1]):
        signed = sign_receipt(report, pair, certificates=report.sequence.first == 1)
        received.append((report, read_receipt(encode_canonical(signed).decode(), report)))
    with database.writing(engine) as connection:
        store_receipts(connection, received, now)
        append_pending(connection)


def _list_reports(hour: datetime) -> Iterator[AudienceReport]:
    plays = dict(zip(CREATIVES, (PLAYED, OTHER), strict=True))
    for number in range(1, 121):
        if number in MISSING:
            continue
        starts_at = hour + (number - 1) * HALF_MINUTE
        yield build_report(
            location=LOCATION, device=DEVICE, journal=STREAM,
            sequence=SequenceRange(first=number, last=number), starts_at=starts_at,
            ends_at=starts_at + HALF_MINUTE, observed_ms=30_000, person_ms=10_000,
            facing_ms=5_500, looking_ms=4_200, creatives=plays,
        )  # fmt: skip
