"""Write dead letters: each message that failed validation is stored once.

A message that arrives again only increments `times`, so a camera that repeats itself fills no disk.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud.database import dead_letters, insert
from cloud.ingest.dead_letters import DeadLetter, digest_of, printable, sample_of

CHUNK: Final = 400
LONGEST_REASON: Final = 2_000


def write_dead_letters(
    connection: Connection, admitted: Iterable[tuple[DeadLetter, bool]], now: datetime
) -> int:
    """Write dead letters and return how many are new.

    Each is paired with whether it alone acknowledges its sequence numbers.
    """
    rows: dict[str, dict[str, Any]] = {}
    for dead_letter, claims in admitted:
        row = rows.setdefault(digest_of(dead_letter), _row(dead_letter, claims, now))
        row["times"] += 1
    if not rows:
        return 0
    known = len(known_digests(connection, rows))
    into = insert(connection.dialect.name, dead_letters)
    upsert = into.on_conflict_do_update(
        index_elements=["digest"],
        set_={
            "times": dead_letters.c.times + into.excluded.times,
            "last_received_at": into.excluded.last_received_at,
        },
    )
    connection.execute(upsert, [{"digest": key, **row} for key, row in sorted(rows.items())])
    return len(rows) - known


def known_digests(connection: Connection, digests: Iterable[str]) -> set[str]:
    """The digests of which a dead letter is stored."""
    wanted = sorted(set(digests))
    found: set[str] = set()
    for start in range(0, len(wanted), CHUNK):
        some = dead_letters.c.digest.in_(wanted[start : start + CHUNK])
        found.update(connection.execute(select(dead_letters.c.digest).where(some)).scalars())
    return found


def _row(dead_letter: DeadLetter, claims: bool, now: datetime) -> dict[str, Any]:
    address, which = dead_letter.address, dead_letter.identity
    return {
        "kind": str(dead_letter.kind),
        "reason": printable(dead_letter.reason)[:LONGEST_REASON],
        "topic": printable(dead_letter.topic),
        "location": address and address.location,
        "device": address and address.device,
        "stream_id": which and which.stream_id,
        "first_sequence": which and which.first,
        "last_sequence": which and which.last,
        "claims": int(claims),
        "payload": sample_of(dead_letter),
        "payload_bytes": len(dead_letter.payload),
        "times": 0,
        "first_received_at": now,
        "last_received_at": now,
    }
