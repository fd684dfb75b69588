"""Logs as JSON, one object a line, without credentials."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Any, Final

from wire.addresses import hide_addresses, hide_in_values

LOG_FIELDS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}


class JsonLogFormatter(logging.Formatter):
    """One JSON object per record: time, level, event, thread and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if record.threadName != threading.main_thread().name:
            line["thread"] = record.threadName  # the thread of an agent has the name of its device
        line.update({name: value for name, value in vars(record).items() if name not in LOG_FIELDS})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(hide_in_values(line), default=lambda value: hide_addresses(str(value)))


def write_json_lines(level: str) -> None:
    """Write all logs as JSON lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLogFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
