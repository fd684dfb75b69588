"""Checkpoints of the log: its name, size and root as a signed note (C2SP tlog-checkpoint)."""

import base64
from dataclasses import dataclass

from cloud.receipts.merkle import EMPTY_ROOT
from cloud.receipts.signed_note import NoteError
from wire.receipts.dsse import DsseError, decode_base64


@dataclass(frozen=True, slots=True)
class LogCheckpoint:
    """The state of the log `origin` with `size` entries."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> LogCheckpoint:
    """A checkpoint from the text of its note; raises NoteError."""
    lines = text.split("\n")
    try:
        origin, size, root, *rest = lines
        found = LogCheckpoint(origin, int(size), decode_base64(root))
    except (ValueError, DsseError):
        raise NoteError("no checkpoint: expected origin, size and root in three lines") from None
    if rest != [""] or found.text != text or len(found.root) != len(EMPTY_ROOT):
        raise NoteError("no checkpoint: expected origin, size and root in three lines")
    return found
