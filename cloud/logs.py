"""Logs of the cloud's programs as JSON, one object a line, without credentials."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

from wire.addresses import hide_addresses, hide_in_values

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One record, one line: time, level, logger, event, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _PLAIN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(hide_in_values(line), default=lambda value: hide_addresses(str(value)))


def write_json_lines() -> None:
    """From now on, to standard error."""
    out = logging.StreamHandler()
    out.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[out])
