"""`python -m cloud keys create|list|revoke`: manage the keys of the API.

A new key is written to standard output once, alone on its line, and can never be shown again.
"""

import argparse
import getpass
import sys
from datetime import datetime, timedelta

from cloud import database, settings
from cloud.auth.keys import KeyRefused, Role, create_key, list_keys, revoke_key
from wire.clock import utc_now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `keys`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
    create = actions.add_parser("create", help="create a key and show it once")
    create.add_argument("--role", type=Role, choices=list(Role), required=True,
                        help="what the key may do")  # fmt: skip
    create.add_argument("--owner", required=True, help="description of the holder")
    create.add_argument(
        "--account", help="account whose plans it can read; default: one of its own"
    )
    create.add_argument(
        "--days", type=int, help="days for which it is valid; default: until revoked"
    )
    actions.add_parser("list", help="show every key, without its secret")
    revoke = actions.add_parser("revoke", help="revoke a key at once")
    revoke.add_argument("id", help="the twelve digits after onl_")


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when it is refused, with the reason."""
    engine = database.open_existing(settings.read(arguments).database_url)
    now = utc_now()
    try:
        if arguments.action == "create":
            expires_at = _read_expiry(arguments.days, now)
            key = create_key(
                engine,
                arguments.role,
                arguments.owner,
                by=getpass.getuser(),
                now=now,
                expires_at=expires_at,
                account=arguments.account,
            )
            sys.stdout.write(f"{key}\n")
        elif arguments.action == "revoke":
            revoke_key(engine, arguments.id, by=getpass.getuser(), now=now)
        else:
            for known in list_keys(engine):
                state = "in force" if known.is_valid(now) else "over"
                sys.stdout.write(
                    f"{known.id}  {known.role:<11}{state:<10}{known.account}  {known.owner}\n"
                )
    except KeyRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()
    return 0


def _read_expiry(days: int | None, now: datetime) -> datetime | None:
    """When a key of so many days expires; None without a limit."""
    try:
        return None if days is None else now + timedelta(days=days)
    except OverflowError:
        raise KeyRefused(f"--days {days} is out of range: write at most 36500") from None
