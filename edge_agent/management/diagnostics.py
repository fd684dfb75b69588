"""Diagnostic report of a camera for remote support: log, settings, health. No images.

Every text passes the egress filter: passwords are removed, and text that may be an encoded image
or key is replaced.
"""

import gzip
import json
import logging
import platform
import shutil
import sys
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from edge_agent.agent import AgentStatus
from edge_agent.logs import JsonLogFormatter
from edge_agent.privacy.egress_filter import examine_document
from edge_agent.privacy.encoded_data import find_encoded_data
from edge_agent.reporting.system_health import rss_bytes
from edge_agent.settings.camera_settings import Settings
from edge_agent.versions import agent_version
from wire.addresses import hide_addresses

MAX_LOG_LINES: Final = 2_000
MAX_REPORT_BYTES: Final = 4 * 1024 * 1024
REDACTED: Final = "redacted"


class LogTail(logging.Handler):
    """The last lines of the log, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLogFormatter())
        self.lines: deque[str] = deque(maxlen=MAX_LOG_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def build_report(
    *,
    device: str,
    at: datetime,
    settings: Settings,
    status: AgentStatus,
    folder: Path,
    tail: LogTail,
) -> bytes:
    """The report as one gzipped JSON document."""
    lines = [json.loads(line) for line in list(tail.lines)]
    for line in lines:
        if "trace" in line:
            line["trace"] = line["trace"].splitlines()
    content = {
        "device": device,
        "at": at.isoformat(),
        "agent": agent_version(),
        "python": sys.version.split()[0],
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
        "status": status._asdict(),
        "rss_bytes": rss_bytes(),
        "disk_free_bytes": shutil.disk_usage(folder).free,
        "settings": msgspec.to_builtins(settings),
        "log": lines,
    }
    return compress_report(redact(content))


def compress_report(content: Any) -> bytes:
    """Compress the report; the oldest log lines are removed until it fits.

    Raises EgressError when it does not fit without any log line.
    """
    while content["log"] and len(msgspec.json.encode(content)) > MAX_REPORT_BYTES:
        content["log"] = content["log"][len(content["log"]) // 2 + 1 :]
    examine_document(content, largest_bytes=MAX_REPORT_BYTES)
    return gzip.compress(msgspec.json.encode(content))


def redact(value: Any) -> Any:
    """Replace passwords, and any text that the egress filter would block."""
    if isinstance(value, str):
        text = hide_addresses(value)
        return REDACTED if any(find_encoded_data(text)) else text
    if isinstance(value, dict):
        return {redact(str(name)): redact(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner) for inner in value]
    return value
