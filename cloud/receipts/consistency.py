"""Proofs that the log only grew, as text: the form in which C2SP's cosigners are asked to sign.

    old 20852014
    BASE64                      hashes of the consistency proof (RFC 6962, section 2.1.2)

    onlooker/receipts           the later checkpoint, as a signed note
    ...

https://c2sp.org/tlog-witness, "add-checkpoint"
"""

import base64
from collections.abc import Sequence

from cloud.receipts.checkpoint import LogCheckpoint, parse_checkpoint
from cloud.receipts.merkle import ProofError, require_consistency
from cloud.receipts.receipt_file import ReceiptFile
from cloud.receipts.signed_note import Note, NoteError, NoteKey, parse_note, verify_note
from wire.receipts.dsse import DsseError, decode_base64


class ConsistencyError(ValueError):
    """A proof that does not show that one log continues another."""


def write_consistency(old_size: int, path: Sequence[bytes], note: str) -> str:
    """The text of a proof."""
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in path)
    return f"old {old_size}\n{hashes}\n{note}"


def read_signed_checkpoint(note: Note, keys: Sequence[NoteKey]) -> LogCheckpoint:
    """A checkpoint whose signature is verified with one of the keys; raises ConsistencyError."""
    try:
        key = verify_note(note, keys)
        found = parse_checkpoint(note.text)
    except NoteError as error:
        raise ConsistencyError(str(error)) from None
    if key is None or key.name != found.origin:
        raise ConsistencyError(f"the checkpoint of {found.origin} is not signed with a given key")
    return found


def require_continuation(
    file: ReceiptFile, proof: str, keys: Sequence[NoteKey]
) -> tuple[LogCheckpoint, LogCheckpoint]:
    """The checkpoint of an earlier file and the later one of a proof that continues it.

    Raises:
        ConsistencyError: the proof, a signature or the file does not show that.
    """
    if not file.proofs:
        raise ConsistencyError("the file has no receipt, and so no checkpoint")
    head, _, note = proof.partition("\n\n")
    size, *lines = head.split("\n")
    try:
        old = read_signed_checkpoint(parse_note(file.proofs[0].checkpoint), keys)
        new = read_signed_checkpoint(parse_note(note), keys)
        path = [decode_base64(line) for line in lines]
        if size != f"old {old.size}":
            raise ConsistencyError(f"the proof begins with {size[:30]!r}: expected old {old.size}")
        require_consistency((old.size, new.size), (old.root, new.root), path)
    except (NoteError, DsseError, ProofError) as error:
        raise ConsistencyError(str(error)) from None
    return old, new
