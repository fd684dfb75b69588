"""Dead letters again, after a fix: counted once, or refused again with the reason.

A letter that claims its sequences is what settled them, so it alone may count them now; any other
goes the way of a message that has just come, and is a duplicate if it was counted meanwhile. A
report whose number was used before is counted in a stream of its own, named for the letter.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, Engine, Row, select

from cloud.database import dead_letters, writing
from cloud.database.rollups import lock_for_counting
from cloud.ingest import report_store, venue_sums
from cloud.ingest.commit import commit_within
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.sources.base import Delivery
from cloud.ingest.validate import (
    DEFAULT_RULES,
    DeadLetter,
    DeadLetterKind,
    IsListed,
    ValidationResult,
    ValidReport,
    validate,
)
from wire.scalars import JournalId


def list_unreplayed(connection: Connection) -> list[int]:
    """The letters that were not replayed yet, oldest first."""
    rows = select(dead_letters.c.id).where(dead_letters.c.replayed_at.is_(None))
    return list(connection.execute(rows.order_by(dead_letters.c.id)).scalars())


def replay_dead_letter(
    engine: Engine,
    letter: int,
    *,
    is_listed: IsListed,
    now: datetime,
    rules: ValidationRules = DEFAULT_RULES,
) -> str:
    """Try one letter again in a transaction of its own, and say what became of it."""
    with writing(engine) as connection:
        found = connection.execute(
            select(dead_letters).where(dead_letters.c.id == letter).with_for_update()
        ).one_or_none()
        if found is None:
            return "there is no such dead letter"
        refused = next(_obstacles(found), None)
        if refused is not None:
            return refused
        said = _tried(
            connection, found, partial(validate, is_listed=is_listed, now=now, rules=rules), now
        )
        if not said.startswith("refused"):
            connection.execute(
                dead_letters.update().where(dead_letters.c.id == letter).values(replayed_at=now)
            )
        return said


def _obstacles(found: Row[Any]) -> Iterator[str]:
    if found.replayed_at is not None:
        yield f"refused: it was replayed at {found.replayed_at.isoformat()}"
    if found.payload_bytes > len(found.payload):
        yield f"refused: only a sample of its {found.payload_bytes} bytes was kept"


def _tried(
    connection: Connection,
    found: Row[Any],
    judged: Callable[[Delivery], Iterable[ValidationResult]],
    now: datetime,
) -> str:
    findings = list(judged(Delivery(found.topic, found.payload)))
    for finding in findings:
        if isinstance(finding, DeadLetter):
            return f"refused again: {finding.reason}"
    if found.kind == DeadLetterKind.SEQUENCE_REUSED:
        findings = [_apart(finding, found.digest) for finding in findings]
    if found.claims:
        return _claimed(connection, found, findings, now)
    outcome = commit_within(connection, findings, now)
    if outcome.dead_letters:
        return f"refused again: {outcome.dead_letters[0].reason}"
    return (
        f"counted {len(outcome.counted)} reports, {outcome.duplicates} were counted before, "
        f"{outcome.notes} notes"
    )


def _apart(finding: ValidationResult, digest: str) -> ValidationResult:
    """The report in a stream of its own: its number was taken in that of its device."""
    if not isinstance(finding, ValidReport):
        return finding
    stream_id = JournalId(digest[:16])
    return replace(
        finding,
        identity=replace(finding.identity, stream_id=stream_id),
        report=structs.replace(finding.report, journal=stream_id),
    )


def _claimed(connection: Connection, found: Row[Any], findings: list[Any], now: datetime) -> str:
    wanted = (found.stream_id, found.first_sequence, found.last_sequence)
    tallies = MinuteSums()
    for finding in findings:
        if not isinstance(finding, ValidReport) or wanted != (
            finding.identity.stream_id,
            finding.identity.first,
            finding.identity.last,
        ):
            return "refused: it holds another report than the one it was set aside for"
        tallies.add(finding.report)
    lane = lock_for_counting(connection)
    report_store.add_sums(connection, tallies, now)
    report_store.write_reports(connection, [finding.report for finding in findings], now)
    venue_sums.add_venue_sums(connection, tallies, lane)
    return f"counted {len(findings)} reports"
