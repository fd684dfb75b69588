"""`python -m cloud COMMAND`: every program of the cloud.

A command's module is imported only when it is asked for, so that none loads another's libraries.
Logs are JSON lines on standard error; refusals are one sentence there and status 2.
"""

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError

from cloud import settings
from cloud.cli.examples import EXAMPLES, examples_of
from cloud.database import DatabaseError
from cloud.database.failures import failure_sentence
from cloud.ingest.sources.message_source import SourceError
from cloud.logs import write_json_lines
from cloud.settings import SettingsError
from cloud.yaml_document import DocumentError
from wire.addresses import hide_addresses
from wire.aws import AwsError
from wire.command_line import OptionError, Parser, add_examples
from wire.process.type_info import build_type_info

COMMANDS: Final = {
    "stream": ("cloud.stream", "run", "receive and count the messages of cameras"),
    "stream-spark": ("cloud.cli.stream_spark", "run", "the same on Spark, for very large fleets"),
    "serve": ("cloud.cli.serve", "serve", "serve the API"),
    "openapi": ("cloud.api.openapi_file", "run", "write the OpenAPI document into a file"),
    "price": ("cloud.cli.price", "run", "price one slot and explain the price"),
    "publish": ("cloud.cli.publish", "run", "publish today's prices of the quarter"),
    "occupancy": ("cloud.cli.occupancy", "run", "record which positions are booked"),
    "orders": ("cloud.cli.orders.order_files", "run", "load, list, approve and cancel orders"),
    "bookings": ("cloud.cli.bookings", "run", "avails, holds, blackouts, and their verification"),
    "invoices": ("cloud.cli.billing.invoices", "run", "draft, finalise, correct, export invoices"),
    "payments": ("cloud.cli.billing.payments", "run", "list, resume and reconcile payments"),
    "receipts": ("cloud.cli.receipts.commands", "run", "export and verify signed receipts"),
    "campaigns": ("cloud.cli.campaigns", "run", "delivery of campaigns, play logs, make-goods"),
    "trade": (
        "cloud.cli.trade.commands",
        "run",
        "files for Xibo and Broadsign, notices of private deals",
    ),
    "retail": (
        "cloud.cli.retail.commands",
        "run",
        "prices of shops: load, receive, repair points; rules, recommendations",
    ),
    "rate-card": ("cloud.cli.rate_card", "run", "put another rate card in force"),
    "override": ("cloud.cli.override", "run", "set prices by hand, and withdraw them"),
    "forecast": ("cloud.cli.forecast", "run", "forecast every site, store and score"),
    "backtest": ("cloud.cli.backtest", "run", "score forecasts on hourly series"),
    "audit": ("cloud.cli.audit", "run", "verify the audit log"),
    "sites": ("cloud.cli.sites", "run", "check a sites file, print its schema"),
    "keys": ("cloud.cli.keys", "run", "create, list and revoke API keys"),
    "accounts": ("cloud.cli.accounts.accounts", "run", "create, list and close accounts"),
    "users": ("cloud.cli.accounts.users", "run", "create, import, invite, list and disable users"),
    "fleet": (
        "cloud.fleet.cli.commands",
        "run",
        "the registered cameras, their configuration and jobs",
    ),
    "alerts": ("cloud.cli.alerts", "run", "evaluate rules, list, acknowledge and close alerts"),
    "notifications": (
        "cloud.cli.notifications.commands",
        "run",
        "notify users of holds, campaigns, prices",
    ),
    "dead-letters": (
        "cloud.cli.dead_letters",
        "run",
        "list and replay messages that failed validation",
    ),
    "streams": (
        "cloud.cli.streams",
        "run",
        "acknowledged, missing and lost reports of each camera",
    ),
    "database": ("cloud.cli.database", "run", "upgrade the tables to this version"),
    "lake": ("cloud.cli.lake.commands", "run", "fill, query, verify and maintain the data lake"),
    "marts": ("cloud.cli.marts", "run", "build tables for reports, publish them for BI tools"),
    "products": (
        "cloud.cli.products.commands",
        "run",
        "load files into data products, run them and report on them",
    ),
    "nightly": (
        "cloud.cli.nightly.commands",
        "run",
        "the lake, marts, forecasts and prices of a day",
    ),
    "retention": ("cloud.ingest.retention", "run", "delete rows older than their retention period"),
}
"""Command → module with `add_arguments`, its function, and what it is for."""

EXTRAS: Final = {"lake": "lake", "marts": "lake", "products": "lake"}
"""Command → the extra with the packages that it imports besides those of `cloud`."""
REFUSED: Final = 2
FLAGS: Final = frozenset(f"--{name}" for name in settings.OFFERS)


def load_command(typed: list[str]) -> Callable[[], int]:
    """The command that was typed, its module imported and its arguments read, ready to run."""
    parser = Parser(prog="python -m cloud", description=__doc__.split("\n")[0])
    listed = "\n".join(f"  {name:14}{purpose}" for name, (_, _, purpose) in COMMANDS.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"commands:\n{listed}"
    add_examples(parser, "python -m cloud", EXAMPLES)
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    shared, typed = _leading_settings(typed)
    name = parser.parse_args(typed[:1]).command
    write_json_lines()
    module_name, function, purpose = COMMANDS[name]
    own = Parser(prog=f"python -m cloud {name}", description=purpose)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if name not in EXTRAS:
            raise
        own.error(f"{error.name} is not installed: install onlooker[cloud,{EXTRAS[name]}]")
    module.add_arguments(own)
    settings.share_options(own)
    add_examples(own, f"python -m cloud {name}", examples_of(name))
    arguments = own.parse_args([*shared, *typed[1:]])
    build_type_info()
    return lambda: run_refusing(lambda: int(getattr(module, function)(arguments)))


def _leading_settings(typed: list[str]) -> tuple[list[str], list[str]]:
    """Settings that stand before the command, and the rest: `--database URL keys list`."""
    shared: list[str] = []
    while typed and typed[0].partition("=")[0] in FLAGS:
        length = 1 if "=" in typed[0] else 2
        shared, typed = [*shared, *typed[:length]], typed[length:]
    return shared, typed


def run_refusing(run: Callable[[], int]) -> int:
    """The status of `run`, or 2 and one sentence when it is refused."""
    try:
        return run()
    except (
        AwsError,
        DatabaseError,
        DocumentError,
        OptionError,
        SettingsError,
        SourceError,
    ) as error:
        reason = hide_addresses(str(error))
    except DBAPIError as error:
        reason = failure_sentence(error)
    sys.stderr.write(f"{reason}\n")
    return REFUSED
