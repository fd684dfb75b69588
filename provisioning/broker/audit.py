"""The audit: one JSON line for each thing refused or ended. At its full size it is set aside once.

Lines are appended whole; the last may be torn by a power cut and readers skip it.
"""

from pathlib import Path
from typing import Final

import msgspec

from provisioning.broker.watch import Verdict

LARGEST_BYTES: Final = 16 * 1024 * 1024


class Audit:
    """Appends to one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, verdict: Verdict) -> None:
        """Add one line."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(verdict) + b"\n")
            full = file.tell() > LARGEST_BYTES
        if full:
            self._path.replace(self._path.with_suffix(".1.jsonl"))
