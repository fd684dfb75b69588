"""What a camera remembers of its configuration over a restart: the last wish that proved good."""

import logging
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from edge_agent.atomic_files import PRIVATE_MODE, write_atomically
from wire.device_config import ConfigOutcome
from wire.scalars import WireMessage

log = logging.getLogger(__name__)


class StoredConfig(WireMessage, frozen=True, kw_only=True):
    """`good` is in force; `trying` is being tried, and after a crash it did not pass.

    `judged` is the digest of the last wish that got a verdict: it is not tried twice.
    """

    good: dict[str, Any] = msgspec.field(default_factory=dict)
    trying: dict[str, Any] | None = None
    trying_version: Annotated[int, Meta(ge=0)] = 0
    judged: str = ""
    verdict: ConfigOutcome | None = None


def load_config(path: Path) -> StoredConfig:
    """What was kept; nothing when there is no file, or none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=StoredConfig)
    except FileNotFoundError:
        return StoredConfig()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.error("config.unreadable", extra={"path": str(path), "reason": str(error)})
        return StoredConfig()


def save_config(path: Path, kept: StoredConfig) -> None:
    """Write it so that a power cut leaves the old or the new."""
    write_atomically(path, msgspec.json.encode(kept), mode=PRIVATE_MODE)
