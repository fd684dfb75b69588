"""Replay dead letters after a fix: each is counted once, or refused again with the reason.

A dead letter that claims its sequence numbers is what acknowledged them, so only it may count them
now. Any other is processed like a new message, and is a duplicate if it was counted meanwhile. A
report whose number was used for another report is counted in a stream of its own, named by the
digest of the dead letter.
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
from cloud.ingest.dead_letter_search import record_action
from cloud.ingest.dead_letters import DeadLetter, DeadLetterKind
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import DEFAULT_RULES, IsListed, ValidationResult, ValidReport, validate
from wire.scalars import JournalId


def list_unreplayed(connection: Connection) -> list[int]:
    """The dead letters that were not replayed, oldest first."""
    rows = select(dead_letters.c.id).where(dead_letters.c.replayed_at.is_(None))
    return list(connection.execute(rows.order_by(dead_letters.c.id)).scalars())


def replay_dead_letter(
    engine: Engine,
    number: int,
    *,
    is_listed: IsListed,
    now: datetime,
    actor: str,
    rules: ValidationRules = DEFAULT_RULES,
) -> str:
    """Replay one dead letter in its own transaction; returns the outcome as a sentence.

    A replay that is not refused is entered in the audit log in the same transaction.
    """
    with writing(engine) as connection:
        found = connection.execute(
            select(dead_letters).where(dead_letters.c.id == number).with_for_update()
        ).one_or_none()
        if found is None:
            return "there is no such dead letter"
        obstacle = next(_obstacles(found), None)
        if obstacle is not None:
            return obstacle
        outcome_text = _validate_and_count(
            connection, found, partial(validate, is_listed=is_listed, now=now, rules=rules), now
        )
        if is_counted(outcome_text):
            connection.execute(
                dead_letters.update().where(dead_letters.c.id == number).values(replayed_at=now)
            )
            record_action(connection, "dead_letter.replay", found, actor, now, outcome=outcome_text)
        return outcome_text


def is_counted(outcome: str) -> bool:
    """Whether the outcome of a replay is that the message is counted, now or before."""
    return outcome.startswith("counted")


def _obstacles(found: Row[Any]) -> Iterator[str]:
    if found.replayed_at is not None:
        yield f"refused: it was replayed at {found.replayed_at.isoformat()}"
    if found.payload_bytes > len(found.payload):
        yield f"refused: only a sample of its {found.payload_bytes} bytes is stored"


def _validate_and_count(
    connection: Connection,
    found: Row[Any],
    validated: Callable[[Delivery], Iterable[ValidationResult]],
    now: datetime,
) -> str:
    results = list(validated(Delivery(found.topic, found.payload)))
    for result in results:
        if isinstance(result, DeadLetter):
            return f"refused again: {result.reason}"
    if found.kind == DeadLetterKind.SEQUENCE_REUSED:
        results = [_in_own_stream(result, found.digest) for result in results]
    if found.claims:
        return _count_claimed(connection, found, results, now)
    outcome = commit_within(connection, results, now)
    if outcome.dead_letters:
        return f"refused again: {outcome.dead_letters[0].reason}"
    return (
        f"counted {len(outcome.counted)} reports, {outcome.duplicates} were counted before, "
        f"{outcome.device_messages} notes"
    )


def _in_own_stream(result: ValidationResult, digest: str) -> ValidationResult:
    """The report in its own stream: its number is used in the stream of its device."""
    if not isinstance(result, ValidReport):
        return result
    stream_id = JournalId(digest[:16])
    return replace(
        result,
        identity=replace(result.identity, stream_id=stream_id),
        report=structs.replace(result.report, journal=stream_id),
    )


def _count_claimed(
    connection: Connection, found: Row[Any], results: list[Any], now: datetime
) -> str:
    wanted = (found.stream_id, found.first_sequence, found.last_sequence)
    tallies = MinuteSums()
    for result in results:
        if not isinstance(result, ValidReport) or wanted != (
            result.identity.stream_id,
            result.identity.first,
            result.identity.last,
        ):
            return "refused: it contains another report than the one it was stored for"
        tallies.add(result.report)
    lane = lock_for_counting(connection)
    report_store.add_sums(connection, tallies, now)
    report_store.write_reports(connection, [result.report for result in results], now)
    venue_sums.add_venue_sums(connection, tallies, lane)
    return f"counted {len(results)} reports"
