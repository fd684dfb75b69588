"""`python -m cloud audit verify|list|export|checkpoint|key`: verify the audit log.

`verify` checks the hash chain, compares the end of the log with the signed checkpoints, which are
stored apart from the database, and compares the tables with the log. `export` and `checkpoint`
print a new checkpoint and store it.
"""

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine

from cloud import database, settings
from cloud.app.audit_tables import compare_tables
from cloud.app.context import Clock
from cloud.auth import checkpoints
from cloud.auth.audit import AuditEntry, AuditError, read_entries, verify_chain
from cloud.auth.checkpoints import CheckpointError, CheckpointKeys
from cloud.database.columns import UnreadableInstantError
from cloud.notifications.audit_comparison import PreferenceComparison
from cloud.trade.deals.audit_comparison import DealComparison
from wire.clock import utc_now
from wire.whole_file import write_whole_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `audit`."""
    settings.add_arguments(parser, "database")
    parser.add_argument(
        "--checkpoints", type=Path, metavar="DIR", default=_read_path("ONLOOKER_AUDIT_CHECKPOINTS"),
        help="folder of signed checkpoints, apart from the database (ONLOOKER_AUDIT_CHECKPOINTS)",
    )  # fmt: skip
    parser.add_argument(
        "--key", type=Path, metavar="FILE", default=_read_path("ONLOOKER_AUDIT_KEY"),
        help="Ed25519 key in PEM: the private one signs, the public one verifies "
        "(ONLOOKER_AUDIT_KEY)",
    )  # fmt: skip
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="verify|list|export|checkpoint|key"
    )
    check = actions.add_parser("verify", help="chain, checkpoints and tables")
    check.add_argument("--head", help="a digest that was stored elsewhere and must be in the log")
    listed = actions.add_parser("list", help="show every entry")
    listed.add_argument(
        "--only", metavar="ACTION", help="entries of one action, such as request.refuse"
    )
    export = actions.add_parser("export", help="write every entry as a line of JSON")
    export.add_argument("file", type=Path, help="a new file")
    actions.add_parser("checkpoint", help="sign the end of the log, print and store that")
    key = actions.add_parser("key", help="create a private key; prints the public one")
    key.add_argument("file", type=Path, help="a new file, not on the database's machine")


def run(arguments: argparse.Namespace, clock: Clock = utc_now) -> int:
    """Run the action; 1 when the log or a table has been altered, with the place."""
    try:
        if arguments.action == "key":
            sys.stdout.write(checkpoints.make_key(arguments.file))
            return 0
        keys = checkpoints.read_keys(arguments.key) if arguments.key else None
        engine = database.open_existing(settings.read(arguments).database_url)
        try:
            return _run_action(engine, arguments, keys, clock())
        finally:
            engine.dispose()
    except UnreadableInstantError as unreadable:
        sys.stderr.write(f"a row has been altered: {unreadable}\n")
        return 1
    except (AuditError, CheckpointError) as broken:
        sys.stderr.write(f"{broken}\n")
        return 1


def _run_action(
    engine: Engine, arguments: argparse.Namespace, keys: CheckpointKeys | None, now: datetime
) -> int:
    if engine.dialect.name == "postgresql":  # the log and the tables as of one moment
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with database.reading(engine) as connection:
        if arguments.action == "list":
            _list(connection, arguments.only)
            return 0
        last = verify_chain(connection, head=getattr(arguments, "head", None))
        _compare(connection, arguments, keys)
        if arguments.action == "verify":
            return _verify_tables(connection, arguments, last, now)
        if arguments.action == "export":
            _export(connection, arguments.file)
    _sign(arguments, last, keys, now)
    return 0


def _verify_tables(
    connection: Connection, arguments: argparse.Namespace, last: AuditEntry | None, now: datetime
) -> int:
    head = f"{last.number} entries, the last {last.digest}" if last else "no entries yet"
    sys.stdout.write(f"the chain is intact: {head}\n")
    different = compare_tables(connection, now, (DealComparison(), PreferenceComparison()))
    for one in different:
        sys.stderr.write(f"{one}\n")
    if different:
        return 1
    sys.stdout.write("the tables match the log\n")
    return 0


def _compare(
    connection: Connection, arguments: argparse.Namespace, keys: CheckpointKeys | None
) -> None:
    """Compare the log with every stored checkpoint; raises AuditError."""
    if (arguments.checkpoints is None) != (keys is None):
        raise CheckpointError("checkpoints need both their folder and their key: name the other")
    if keys is not None:
        stored = checkpoints.read_checkpoints(_folder(arguments), keys)
        checkpoints.require_match(connection, stored)
        if stored:
            at = f"{stored[-1].at:%Y-%m-%d %H:%M:%S}Z"
            sys.stdout.write(
                f"it matches {len(stored)} checkpoints, "
                f"the last of entry {stored[-1].number} at {at}\n"
            )
            return
    sys.stderr.write(
        "no checkpoint was compared: entries removed from the end are not detected. Store "
        "checkpoints apart from the database, with --checkpoints, --key and `audit checkpoint`\n"
    )


def _list(connection: Connection, action: str | None) -> None:
    for one in read_entries(connection):
        if action not in (None, one.action):
            continue
        sys.stdout.write(
            f"{one.number:>6}  {one.at:%Y-%m-%d %H:%M:%S}  {one.actor}  {one.action}  "
            f"{one.object}  {one.details}\n"
        )


def _export(connection: Connection, file: Path) -> None:
    try:
        with write_whole_file(file, must_be_new=True) as out:
            for one in read_entries(connection):
                out.write(msgspec.json.encode(one) + b"\n")
    except OSError as error:
        raise CheckpointError(f"{file} cannot be written: {error.strerror}") from None


def _sign(
    arguments: argparse.Namespace,
    last: AuditEntry | None,
    keys: CheckpointKeys | None,
    now: datetime,
) -> None:
    """Print a checkpoint, and store it when a folder is given."""
    if keys is None:
        head = f"entry {last.number}, {last.digest}" if last else "no entries"
        sys.stdout.write(f"not signed, since no --key is given: {head}\n")
        return
    signed = checkpoints.sign_checkpoint(last, keys, now)
    sys.stdout.write(msgspec.json.encode(signed).decode() + "\n")
    if arguments.checkpoints:
        folder = arguments.checkpoints
        sys.stdout.write(f"stored as {checkpoints.write_checkpoint(folder, signed)}\n")


def _folder(arguments: argparse.Namespace) -> Path:
    """The folder of checkpoints; `checkpoint` and `export` create it."""
    folder: Path = arguments.checkpoints
    if arguments.action != "verify":
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _read_path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
