"""Proofs that the log has an entry, as text (C2SP tlog-proof@v1): verifiable without the log.

c2sp.org/tlog-proof@v1
extra BASE64                the entry, see `receipt_file.py`
index 73894
BASE64                      hashes of the inclusion proof, from the leaf to the root

onlooker/receipts           checkpoint: origin, size, root
109482
BASE64

— onlooker/receipts BASE64  signatures
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cloud.receipts.merkle import EMPTY_ROOT
from wire.receipts.dsse import DsseError, decode_base64

HEADER: Final = "c2sp.org/tlog-proof@v1"
HASH_BYTES: Final = len(EMPTY_ROOT)


class ProofTextError(ValueError):
    """A text that is no proof."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """Entry, index and inclusion proof, and the signed note of a checkpoint."""

    extra: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    @property
    def text(self) -> str:
        """The proof as text."""
        lines = [HEADER, f"extra {_encode(self.extra)}", f"index {self.index}"]
        lines += map(_encode, self.path)
        return "\n".join(lines) + f"\n\n{self.checkpoint}"


def parse_proof(text: str) -> LogProof:
    """Read a proof, which is not verified here; raises ProofTextError."""
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != HEADER:
        raise ProofTextError(f"no proof: expected {HEADER}, extra, index, hashes and a checkpoint")
    extra, index = _after(lines[1], "extra"), _after(lines[2], "index")
    if not (index.isdecimal() and len(index) < 20 and str(int(index)) == index):
        raise ProofTextError(f"index {index[:20]!r}: expected a whole number")
    try:
        return LogProof(decode_base64(extra), int(index), _read_hashes(lines[3:]), checkpoint)
    except DsseError as error:
        raise ProofTextError(str(error)) from None


def _read_hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    hashes = tuple(map(decode_base64, lines))
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofTextError(f"a hash of the inclusion proof has not {HASH_BYTES} bytes")
    return hashes


def _after(line: str, word: str) -> str:
    found, _, rest = line.partition(" ")
    if found != word:
        raise ProofTextError(f"{line[:40]!r}: expected a line {word}")
    return rest


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()
