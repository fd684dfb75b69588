"""Verifies the signatures of the log and its cosigners over a file and its checkpoints."""

from collections.abc import Sequence
from contextlib import suppress

from cloud.receipts.checkpoint import LogCheckpoint, parse_checkpoint
from cloud.receipts.faults import FaultKind, Verification
from cloud.receipts.signed_note import (
    Note,
    NoteError,
    NoteKey,
    parse_key,
    parse_note,
    read_cosigned_at,
    verify_note,
)


class NoteVerifier:
    """Verifies notes with the keys of one log; adds faults to the outcome."""

    def __init__(
        self, keys: Sequence[NoteKey], cosigners: Sequence[NoteKey], outcome: Verification
    ) -> None:
        self._keys = keys
        self._cosigners = cosigners
        self._outcome = outcome
        self._checkpoints: dict[str, LogCheckpoint | None] = {}

    def verify_note(self, note: Note, what: str, kind: FaultKind) -> NoteKey | None:
        """The key that signed a note; None after a fault."""
        try:
            key = verify_note(note, self._keys)
        except NoteError as error:
            self._outcome.add(kind, f"{what} was changed after it was signed: {error}")
            return None
        if key is None:
            names = ", ".join(sorted({one.name for one in note.signatures}))
            sentence = f"{what} is signed by {names[:200]}, with another key than that of the log"
            self._outcome.add(FaultKind.LOG_KEY, sentence)
        return key

    def read_checkpoint(self, text: str) -> LogCheckpoint | None:
        """A signed checkpoint, verified once; None after a fault."""
        if text not in self._checkpoints:
            self._checkpoints[text] = self._verify_checkpoint(text)
        return self._checkpoints[text]

    def _verify_checkpoint(self, text: str) -> LogCheckpoint | None:
        try:
            note = parse_note(text)
            found = parse_checkpoint(note.text)
        except NoteError as error:
            self._outcome.add(FaultKind.CHECKPOINT, str(error))
            return None
        key = self.verify_note(note, "a checkpoint", FaultKind.CHECKPOINT)
        if key is None:
            return None
        if key.name != found.origin:
            sentence = f"a checkpoint of {found.origin} is signed by {key.name}"
            self._outcome.add(FaultKind.CHECKPOINT, sentence)
            return None
        return found if self._verify_cosigners(note) else None

    def _verify_cosigners(self, note: Note) -> bool:
        before = len(self._outcome.faults)
        for cosigner in self._cosigners:
            try:
                is_signed = read_cosigned_at(note, cosigner) is not None
            except NoteError as error:
                self._outcome.add(FaultKind.COSIGNER, str(error))
                continue
            if not is_signed:
                sentence = f"{cosigner.name} has not signed the checkpoint"
                self._outcome.add(FaultKind.COSIGNER, sentence)
        return len(self._outcome.faults) == before


def read_stated_keys(texts: Sequence[str]) -> list[NoteKey]:
    """The keys that a file states; those that cannot be read are left out."""
    keys = []
    for text in texts:
        with suppress(NoteError):
            keys.append(parse_key(text))
    return keys
