"""Dead letters: messages set aside durably, once each, with a sample and the reason.

A letter that comes again only counts up, so a camera that repeats itself fills no disk. What stays
with the device (an unknown camera) keeps one letter per topic, since the device still has the rest.
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
"""What is kept of a payload that could not be read; one that was parsed is kept whole."""
CHUNK: Final = 400
LONGEST_REASON: Final = 2_000


def write_dead_letters(
    connection: Connection, kept: Iterable[tuple[DeadLetter, bool]], now: datetime
) -> int:
    """Keep the letters, each with whether it claims its sequences; how many of them are new."""
    rows: dict[str, dict[str, Any]] = {}
    for letter, claims in kept:
        row = rows.setdefault(digest_of(letter), _row(letter, claims, now))
        row["times"] += 1
    if not rows:
        return 0
    already = len(known_digests(connection, rows))
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


def known_digests(connection: Connection, digests: Iterable[str]) -> set[str]:
    """Those of the digests of which a letter is kept."""
    wanted = sorted(set(digests))
    found: set[str] = set()
    for start in range(0, len(wanted), CHUNK):
        some = dead_letters.c.digest.in_(wanted[start : start + CHUNK])
        found.update(connection.execute(select(dead_letters.c.digest).where(some)).scalars())
    return found


def digest_of(letter: DeadLetter) -> str:
    """The same for a letter that comes again."""
    if letter.kind in KEPT_ONCE_PER_TOPIC:
        said = b""
    elif (which := letter.identity) and letter.kind is not DeadLetterKind.SEQUENCE_REUSED:
        said = f"{which.stream_id}:{which.first}-{which.last}".encode()
    else:
        said = letter.payload
    return hashlib.sha256(f"{letter.kind}\0{letter.topic}\0".encode() + said).hexdigest()


def sample_of(letter: DeadLetter) -> bytes:
    """As much of the payload as is kept: all of it where the letter can be replayed."""
    return letter.payload[: SAMPLE_BYTES if letter.acknowledges is None else MAX_PAYLOAD_BYTES]


def _row(letter: DeadLetter, claims: bool, now: datetime) -> dict[str, Any]:
    address, which = letter.address, letter.identity
    return {
        "kind": str(letter.kind),
        "reason": printable(letter.reason)[:LONGEST_REASON],
        "topic": printable(letter.topic),
        "location": address and address.location,
        "device": address and address.device,
        "stream_id": which and which.stream_id,
        "first_sequence": which and which.first,
        "last_sequence": which and which.last,
        "claims": int(claims),
        "payload": sample_of(letter),
        "payload_bytes": len(letter.payload),
        "times": 0,
        "first_received_at": now,
        "last_received_at": now,
    }


def printable(text: str) -> str:
    """PostgreSQL's text holds no NUL, and a log no control characters."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
