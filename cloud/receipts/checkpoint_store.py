"""Checkpoints of the log in the database: signed, stored, and cosigned."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from cloud.database.receipts import receipt_checkpoints
from cloud.receipts.checkpoint import LogCheckpoint, parse_checkpoint
from cloud.receipts.log_store import read_root, read_size
from cloud.receipts.signed_note import Note, NoteError, NoteKey, parse_note, read_cosigned_at
from cloud.receipts.signing_keys import LogKeys


class LogChangedError(RuntimeError):
    """The log does not continue the checkpoint that was signed last."""


class UnknownCheckpointError(LookupError):
    """A note that is no stored checkpoint."""


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed checkpoint with its size and root."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


def sign_head(connection: Connection, keys: LogKeys, now: datetime) -> StoredCheckpoint:
    """The signed checkpoint of the log as it is now; the stored one if it has all keys.

    Raises:
        LogChangedError: entries that the newest checkpoint covers were changed or removed.
    """
    newest = read_newest(connection)
    size = read_size(connection)
    if newest is not None:
        _require_same_entries(connection, newest, size)
    if newest is not None and newest.size == size and _is_signed(newest, keys):
        return newest
    root = read_root(connection, size)
    note = keys.sign(LogCheckpoint(keys.origin, size, root).text).encoded
    stored = StoredCheckpoint(size, root, note, now)
    values = {"size": size, "root": root, "note": note, "signed_at": now}
    connection.execute(receipt_checkpoints.insert().values(values))
    return stored


def _require_same_entries(connection: Connection, signed: StoredCheckpoint, size: int) -> None:
    """Two checkpoints that contradict each other would prove that the log has two histories."""
    if size >= signed.size and read_root(connection, signed.size) == signed.root:
        return
    raise LogChangedError(
        f"nothing was signed: the log of {size} entries does not continue its checkpoint of "
        f"{signed.size} entries; `python -m cloud receipts check` names the entries"
    )


def read_newest(connection: Connection) -> StoredCheckpoint | None:
    """The checkpoint that was signed last; None without one."""
    checkpoints = read_checkpoints(connection, limit=1)
    return checkpoints[0] if checkpoints else None


def read_checkpoints(connection: Connection, *, limit: int | None = None) -> list[StoredCheckpoint]:
    """Stored checkpoints, the newest first."""
    table = receipt_checkpoints.c
    query = select(table.size, table.root, table.note, table.signed_at)
    rows = connection.execute(query.order_by(table.id.desc()).limit(limit))
    return [StoredCheckpoint(size, bytes(root), note, at) for size, root, note, at in rows]


def add_cosignature(connection: Connection, content: str, cosigner: NoteKey) -> StoredCheckpoint:
    """Store a cosignature of a checkpoint; `content` is the note with its line.

    Raises:
        NoteError: the note does not carry a valid signature of the cosigner.
        UnknownCheckpointError: its text is no checkpoint of this log.
    """
    note = parse_note(content)
    if read_cosigned_at(note, cosigner) is None:
        raise NoteError(f"the note is not signed by {cosigner.name} with that key")
    found = parse_checkpoint(note.text)
    table = receipt_checkpoints
    rows = select(table.c.id, table.c.note).where(table.c.size == found.size)
    for row in connection.execute(rows.order_by(table.c.id.desc()).with_for_update()):
        own = parse_note(row.note)
        if own.text == note.text:
            combined = _add_signature(own, note, cosigner).encoded
            changed = update(table).where(table.c.id == row.id)
            connection.execute(changed.values(note=combined))
            return next(one for one in read_checkpoints(connection) if one.note == combined)
    raise UnknownCheckpointError(
        f"the log {found.origin} has no checkpoint of {found.size} entries with that root"
    )


def _add_signature(own: Note, other: Note, cosigner: NoteKey) -> Note:
    identity = (cosigner.name, cosigner.hash)
    kept = [one for one in own.signatures if (one.name, one.key_hash) != identity]
    added = [one for one in other.signatures if (one.name, one.key_hash) == identity]
    return Note(own.text, (*kept, *added[:1]))


def _is_signed(stored: StoredCheckpoint, keys: LogKeys) -> bool:
    signed = {(one.name, one.key_hash) for one in parse_note(stored.note).signatures}
    return {(key.name, key.hash) for key in keys.public} <= signed
