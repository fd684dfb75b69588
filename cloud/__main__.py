"""`python -m cloud COMMAND`: one door for every program of the cloud.

A command's room is imported only when it is asked for, so that none waits for another's libraries.
Logs are JSON lines on standard error; refusals are one sentence there and status 2.
"""

import argparse
import importlib
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import OperationalError

from cloud.database import DatabaseError
from cloud.database.failures import failure_of
from cloud.estate import EstateError
from cloud.ingest.source import SourceError
from cloud.settings import SettingsError
from wire.addresses import hide_addresses, hide_in_values

COMMANDS: Final = {
    "stream": ("cloud.stream", "run", "take in what the cameras send"),
    "stream-spark": ("cloud.stream_spark.command", "run", "the same on Spark, for huge fleets"),
    "serve": ("cloud.api.server", "serve", "serve the API"),
    "price": ("cloud.api.price_command", "run", "price one slot and say why"),
    "publish": ("cloud.api.publish_command", "run", "publish today's prices of the quarter"),
    "occupancy": ("cloud.api.occupancy_command", "run", "note which shares are taken"),
    "rate-card": ("cloud.api.rate_card_command", "run", "put another rate card in force"),
    "override": ("cloud.api.override_command", "run", "set prices by hand, and withdraw them"),
    "forecast": ("cloud.forecast.nightly_command", "run", "forecast every place, store and score"),
    "backtest": ("cloud.forecast.backtest_command", "run", "score forecasts on hourly series"),
    "audit": ("cloud.api.audit_command", "run", "check the log of changes"),
    "sites": ("cloud.cli.sites", "run", "check a sites file, print its schema"),
    "keys": ("cloud.api.keys_command", "run", "make, list and revoke API keys"),
    "fleet": ("cloud.fleet.command", "run", "the cameras: who they are, what they should be"),
    "watch": ("cloud.alerting.watch_command", "run", "raise alerts and tell people of them"),
    "alerts": ("cloud.alerting.alerts_command", "run", "list, acknowledge and close alerts"),
    "dead-letters": ("cloud.ingest.letters_command", "run", "look at what was set aside"),
    "journals": ("cloud.ingest.journals_command", "run", "how far each camera is settled"),
    "database": ("cloud.database.command", "run", "bring the tables to this version"),
    "sweep": ("cloud.ingest.retention", "run", "forget what is older than it has to be kept"),
}
"""Command → module with `add_arguments`, its function, and what it is for."""

REFUSED: Final = 2
_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One record, one line: when, how grave, where, what, and its fields."""

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


def main(arguments: list[str] | None = None) -> int:
    """Find the command and run it."""
    typed = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m cloud", description=__doc__.split("\n")[0])
    listed = "\n".join(f"  {name:14}{purpose}" for name, (_, _, purpose) in COMMANDS.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"commands:\n{listed}"
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    name = parser.parse_args(typed[:1]).command
    _log_json_lines()
    module_name, function, purpose = COMMANDS[name]
    module = importlib.import_module(module_name)
    own = argparse.ArgumentParser(prog=f"python -m cloud {name}", description=purpose)
    module.add_arguments(own)
    try:
        status: int = getattr(module, function)(own.parse_args(typed[1:]))
    except (DatabaseError, EstateError, SettingsError, SourceError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OperationalError as error:
        print(f"the database cannot be used: {failure_of(error)}", file=sys.stderr)
        return REFUSED
    return status


def _log_json_lines() -> None:
    out = logging.StreamHandler()
    out.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[out])


if __name__ == "__main__":
    sys.exit(main())
