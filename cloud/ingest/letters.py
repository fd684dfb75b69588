"""Dead letters: messages set aside durably, once each, with a sample and the reason.

A letter that comes again only counts up, so a camera that repeats itself fills no disk. What stays
with the device (an unknown camera) keeps one letter per topic, since the device still has the rest.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from cloud.database import dead_letters, insert
from cloud.ingest.judge import LEFT_WITH_DEVICE, DeadLetter

SAMPLE_BYTES: Final = 64 * 1024
LONGEST_REASON: Final = 2_000


def set_aside(
    connection: Connection, letters: Iterable[tuple[DeadLetter, bool]], now: datetime
) -> int:
    """Keep the letters, each with whether it claims its sequences; how many of them are new."""
    rows: dict[str, dict[str, Any]] = {}
    for letter, claims in letters:
        row = rows.setdefault(digest(letter), _row(letter, claims, now))
        row["times"] += 1
    if not rows:
        return 0
    known = select(func.count()).where(dead_letters.c.digest.in_(rows))
    already: int = connection.execute(known).scalar_one()
    into = insert(connection.dialect.name, dead_letters)
    again = into.on_conflict_do_update(
        index_elements=["digest"],
        set_={
            "times": dead_letters.c.times + into.excluded.times,
            "last_received_at": into.excluded.last_received_at,
        },
    )
    connection.execute(again, [{"digest": key, **row} for key, row in sorted(rows.items())])
    return len(rows) - already


def digest(letter: DeadLetter) -> str:
    """The same for a letter that comes again."""
    if letter.kind in LEFT_WITH_DEVICE:
        said = b""
    elif which := letter.identity:
        said = f"{which.journal}:{which.first}-{which.last}".encode()
    else:
        said = letter.payload
    return hashlib.sha256(f"{letter.kind}\0{letter.topic}\0".encode() + said).hexdigest()


def _row(letter: DeadLetter, claims: bool, now: datetime) -> dict[str, Any]:
    address, which = letter.address, letter.identity
    return {
        "kind": str(letter.kind),
        "reason": printable(letter.reason)[:LONGEST_REASON],
        "topic": printable(letter.topic),
        "location": address and address.location,
        "device": address and address.device,
        "journal": which and which.journal,
        "first_sequence": which and which.first,
        "last_sequence": which and which.last,
        "claims": int(claims),
        "payload": letter.payload[:SAMPLE_BYTES],
        "payload_bytes": len(letter.payload),
        "times": 0,
        "first_received_at": now,
        "last_received_at": now,
    }


def printable(text: str) -> str:
    """PostgreSQL's text holds no NUL, and a log no control characters."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
