"""`python -m cloud accounts create|list|close`: manage the organisations that buy and sell."""

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from cloud import database, settings
from cloud.auth.accounts.account import AccountError, AccountKind, AccountProfile
from cloud.auth.accounts.account_store import (
    UnknownAccountError,
    close_account,
    create_account,
    list_accounts,
)
from wire.clock import utc_now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `accounts`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|close")
    _add_create(actions.add_parser("create", help="create an account"))
    actions.add_parser("list", help="show every account")
    close = actions.add_parser("close", help="refuse its users and keys from now on")
    close.add_argument("id", help="id of the account")


def _add_create(create: argparse.ArgumentParser) -> None:
    offer = create.add_argument
    offer("id", help="1 to 40 lower-case letters, digits and hyphens; never changed")
    offer("--name", required=True, help="name on invoices")
    offer("--kind", type=AccountKind, choices=list(AccountKind), required=True,
          help="what the organisation is")  # fmt: skip
    offer("--agency", metavar="ID", help="account of the agency that acts for this advertiser")
    offer("--currency", default="GBP", metavar="CODE", help="ISO 4217 (%(default)s)")
    offer("--country", default="GB", metavar="CODE", help="ISO 3166 (%(default)s)")
    offer("--vat-number", metavar="NUMBER", help="with its country code and without blanks")
    offer("--address", action="append", default=[], metavar="LINE", help="once for each line")
    offer("--billing-email", metavar="ADDRESS", help="where invoices are sent")
    offer("--commission-bp", type=int, default=0, metavar="N",
          help="commission of an agency in basis points (0)")  # fmt: skip
    offer("--credit-limit-minor", type=int, default=0, metavar="N",
          help="limit of unpaid invoices in minor units (0: all are prepaid)")  # fmt: skip


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when it is refused, with the reason."""
    engine = database.open_existing(settings.read(arguments).database_url)
    try:
        if arguments.action == "create":
            _create(engine, arguments, clock())
        elif arguments.action == "close":
            with database.writing(engine) as connection:
                close_account(connection, arguments.id, by=getpass.getuser(), now=clock())
        else:
            _list(engine)
    except (AccountError, UnknownAccountError) as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()
    return 0


def _create(engine: Engine, arguments: argparse.Namespace, now: datetime) -> None:
    given = {name: getattr(arguments, name) for name in AccountProfile.__dataclass_fields__}
    profile = AccountProfile(**{**given, "address": tuple(arguments.address)})
    with database.writing(engine) as connection:
        create_account(connection, profile, by=getpass.getuser(), now=now)


def _list(engine: Engine) -> None:
    with database.reading(engine) as connection:
        for one in list_accounts(connection, limit=1_000_000):
            state = "open" if one.is_open else "closed"
            agency = f"  agency {one.agency}" if one.agency else ""
            sys.stdout.write(f"{one.id:<20}{one.kind:<13}{state:<8}{one.name}{agency}\n")
