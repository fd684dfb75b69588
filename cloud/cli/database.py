"""`python -m cloud database upgrade|current|check`: present and required tables.

Every program upgrades when it starts, so this command is optional. Use it to inspect a database
first, or to upgrade with a role that may change tables and run programs with one that may not.
"""

import argparse
import sys

from cloud import settings
from cloud.database.engine import connect, reading
from cloud.database.existing import require_file
from cloud.database.migrations import HEAD
from cloud.database.upgrade import create, missing, revision

BEHIND = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `database`."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, purpose in (
        ("upgrade", "run the missing steps"),
        ("current", "print the revision of the database"),
        ("check", "list the steps that are missing; status 1 when there are any"),
    ):
        settings.add_arguments(actions.add_parser(name, help=purpose), "database")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    url = settings.read(arguments).database_url
    if arguments.action != "upgrade":
        require_file(url)
    engine = connect(url)
    try:
        if arguments.action == "upgrade":
            create(engine)
        with reading(engine) as connection:
            steps = missing(connection)
            found = revision(connection) or "none"
    finally:
        engine.dispose()
    if arguments.action != "check":
        sys.stdout.write(f"{found}\n")
        return 0
    sys.stdout.write("\n".join([f"at {found}, newest {HEAD}", *steps]) + "\n")
    return BEHIND if steps else 0
