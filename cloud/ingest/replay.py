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
from cloud.database.rollups import counting
from cloud.ingest import rollup, store
from cloud.ingest.commit import commit_within
from cloud.ingest.judge import RULES, DeadLetter, Finding, Kind, Knows, Sound, judge
from cloud.ingest.plausible import Rules
from cloud.ingest.source import Delivery
from cloud.ingest.tallies import Tallies
from wire.scalars import JournalId


def waiting(connection: Connection) -> list[int]:
    """The letters that were not replayed yet, oldest first."""
    rows = select(dead_letters.c.id).where(dead_letters.c.replayed_at.is_(None))
    return list(connection.execute(rows.order_by(dead_letters.c.id)).scalars())


def replay(
    engine: Engine, letter: int, *, knows: Knows, now: datetime, rules: Rules = RULES
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
        said = _tried(connection, found, partial(judge, knows=knows, now=now, rules=rules), now)
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
    judged: Callable[[Delivery], Iterable[Finding]],
    now: datetime,
) -> str:
    findings = list(judged(Delivery(found.topic, found.payload)))
    for finding in findings:
        if isinstance(finding, DeadLetter):
            return f"refused again: {finding.reason}"
    if found.kind == Kind.SEQUENCE_REUSED:
        findings = [_apart(finding, found.digest) for finding in findings]
    if found.claims:
        return _claimed(connection, found, findings, now)
    outcome = commit_within(connection, findings, now)
    if outcome.letters:
        return f"refused again: {outcome.letters[0].reason}"
    return (
        f"counted {len(outcome.counted)} reports, {outcome.duplicates} were counted before, "
        f"{outcome.notes} notes"
    )


def _apart(finding: Finding, digest: str) -> Finding:
    """The report in a stream of its own: its number was taken in that of its device."""
    if not isinstance(finding, Sound):
        return finding
    journal = JournalId(digest[:16])
    return replace(
        finding,
        identity=replace(finding.identity, journal=journal),
        report=structs.replace(finding.report, journal=journal),
    )


def _claimed(connection: Connection, found: Row[Any], findings: list[Any], now: datetime) -> str:
    wanted = (found.journal, found.first_sequence, found.last_sequence)
    tallies = Tallies()
    for finding in findings:
        if not isinstance(finding, Sound) or wanted != (
            finding.identity.journal,
            finding.identity.first,
            finding.identity.last,
        ):
            return "refused: it holds another report than the one it was set aside for"
        tallies.add(finding.report)
    lane = counting(connection)
    store.add(connection, tallies, now)
    store.keep(connection, [finding.report for finding in findings], now)
    rollup.add(connection, tallies, lane)
    return f"counted {len(findings)} reports"
