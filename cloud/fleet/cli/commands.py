"""`python -m cloud fleet ...`: the devices of the fleet, their configuration and their jobs.

`set`, `roll-out`, `job create` and `assets import` change nothing without `--apply`: they print a
preview. A command writes the messages to devices into the outbox; the fleet service publishes them.
"""

import argparse
import getpass
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from cloud import settings
from cloud.database import open_existing, reading, writing
from cloud.fleet import history
from cloud.fleet.cli import (
    asset_commands,
    aws_commands,
    config_commands,
    device_commands,
    group_commands,
    job_commands,
    serve,
)
from cloud.fleet.cli.arguments import add_action
from cloud.fleet.enrolment.server import EnrolmentServerError
from cloud.fleet.history import Author
from cloud.fleet.jobs.job_store import JobExists
from cloud.fleet.registry.devices import RegistryError
from cloud.fleet.shadows.desired_config import DesiredConfigError
from cloud.fleet.shadows.shadow import ShadowError
from wire.aws import AwsError
from wire.command_line import OptionError, row_count
from wire.topics import TopicError

REFUSALS: Final = (
    AwsError,
    DesiredConfigError,
    JobExists,
    OptionError,
    RegistryError,
    ShadowError,
    TopicError,
)

READS: Final = frozenset(
    {"list", "show", "drift", "audit", "job list", "job show", "assets export", "assets reconcile"}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `fleet`."""
    actions = parser.add_subparsers(dest="action", required=True)
    serve.add_arguments(
        actions.add_parser("serve", help="run the fleet service: shadows, jobs and enrolment")
    )
    device_commands.add_arguments(actions)
    group_commands.add_arguments(actions)
    config_commands.add_arguments(actions)
    job_commands.add_arguments(actions)
    asset_commands.add_arguments(actions)
    audit = add_action(
        actions, "audit", "print the history of the fleet, newest first", show_history
    )
    audit.add_argument("--device", help="only changes of this device")
    audit.add_argument("--limit", type=row_count, default=50, help="how many (%(default)s)")


def run(asked: argparse.Namespace) -> int:
    """Run one action; 2 when it is refused, with a sentence on standard error."""
    if asked.action == "serve":
        return _serve(asked)
    author = Author(f"operator:{getpass.getuser()}", datetime.now(UTC))
    try:
        lines = list(
            aws_commands.run(asked, author.at)
            if getattr(asked, "on_aws", None)
            else _run_on_database(asked, author)
        )
    except REFUSALS as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _serve(asked: argparse.Namespace) -> int:
    try:
        return serve.serve(asked)
    except (EnrolmentServerError, OptionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _run_on_database(asked: argparse.Namespace, author: Author) -> Iterator[str]:
    url = settings.read(asked).database_url
    engine = open_existing(url)
    is_preview = not getattr(asked, "apply", True)
    opened = reading if is_preview or asked.name in READS else writing
    try:
        with opened(engine) as connection:
            yield from list(asked.act(connection, asked, author))
    finally:
        engine.dispose()


def show_history(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Print the history of the fleet."""
    for line in history.read_history(connection, asked.device, last=asked.limit):
        about = " ".join(word for word in (line.device, line.detail) if word)
        yield f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.who}  {line.event}  {about}"
