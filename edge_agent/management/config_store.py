"""The desired configs that a camera stores across restarts: accepted, under trial, last outcome."""

import logging
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from edge_agent.atomic_files import PRIVATE_MODE, write_atomically
from wire.fleet.device_config import ConfigOutcome
from wire.scalars import WireMessage

log = logging.getLogger(__name__)


_ON_DISK: Final = {
    "accepted": "good",
    "trial": "trying",
    "trial_version": "trying_version",
    "decided": "judged",
    "last_outcome": "verdict",
}
"""Names in the file: an agent that is updated or rolled back reads what the other one wrote."""


class StoredConfig(WireMessage, frozen=True, kw_only=True, rename=_ON_DISK):
    """`accepted` is in effect; `trial` is under trial, and after a crash it counts as failed.

    `decided` is the digest of the last desired config with an outcome: it is not tried twice.
    """

    accepted: dict[str, Any] = msgspec.field(default_factory=dict)
    trial: dict[str, Any] | None = None
    trial_version: Annotated[int, Meta(ge=0)] = 0
    decided: str = ""
    last_outcome: ConfigOutcome | None = None


def load_config(path: Path) -> StoredConfig:
    """The stored state; an empty one without a readable file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=StoredConfig)
    except FileNotFoundError:
        return StoredConfig()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.error("config.unreadable", extra={"path": str(path), "reason": str(error)})
        return StoredConfig()


def save_config(path: Path, stored: StoredConfig) -> None:
    """Write atomically: a power cut leaves the old state or the new."""
    write_atomically(path, msgspec.json.encode(stored), mode=PRIVATE_MODE)
