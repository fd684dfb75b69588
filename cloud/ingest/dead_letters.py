"""Dead letters: messages that failed validation, each stored once with a sample and the reason.

A message that arrives again only increments `times`, so a camera that repeats itself fills no disk.
Messages that stay with the device (an unknown camera) are one dead letter per topic.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud.database import dead_letters, insert
from cloud.ingest.validate import KEPT_ONCE_PER_TOPIC, DeadLetter, DeadLetterKind
from wire.envelope import MAX_PAYLOAD_BYTES

SAMPLE_BYTES: Final = 16 * 1024
"""Kept bytes of a payload that could not be parsed; a parsed one is kept whole."""
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


def digest_of(dead_letter: DeadLetter) -> str:
    """The digest that a repeated message has again."""
    if dead_letter.kind in KEPT_ONCE_PER_TOPIC:
        content = b""
    elif (which := dead_letter.identity) and dead_letter.kind is not DeadLetterKind.SEQUENCE_REUSED:
        content = f"{which.stream_id}:{which.first}-{which.last}".encode()
    else:
        content = dead_letter.payload
    return hashlib.sha256(
        f"{dead_letter.kind}\0{dead_letter.topic}\0".encode() + content
    ).hexdigest()


def sample_of(dead_letter: DeadLetter) -> bytes:
    """The stored part of the payload: all of it where the dead letter can be replayed."""
    return dead_letter.payload[
        : SAMPLE_BYTES if dead_letter.acknowledges is None else MAX_PAYLOAD_BYTES
    ]


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


def printable(text: str) -> str:
    """Replace control characters: PostgreSQL's text holds no NUL."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
