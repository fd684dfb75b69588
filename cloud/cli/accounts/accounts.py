"""`python -m cloud accounts create|change|list|close`: the organisations that buy and sell."""

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine

from cloud import database, settings
from cloud.auth.accounts.account import AccountError, AccountKind, AccountProfile
from cloud.auth.accounts.account_store import (
    UnknownAccountError,
    change_account,
    close_account,
    create_account,
    list_accounts,
    require_account,
)
from wire.clock import utc_now

ACTIONS: Final = "create|change|list|close"
OPTIONAL: Final = frozenset({"agency", "vat_number", "billing_email"})
"""Fields that an empty option removes."""
CHANGEABLE: Final = OPTIONAL | {
    "name", "country", "address", "commission_bp", "credit_limit_minor"
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `accounts`."""
    settings.add_arguments(parser, "database")
    actions = parser.add_subparsers(dest="action", required=True, metavar=ACTIONS)
    _add_create(actions.add_parser("create", help="create an account"))
    _add_change(actions.add_parser("change", help="replace what options name"))
    actions.add_parser("list", help="show every account")
    close = actions.add_parser("close", help="refuse its users and keys from now on")
    close.add_argument("id", help="id of the account")


def _add_create(create: argparse.ArgumentParser) -> None:
    offer = create.add_argument
    offer("id", help="1 to 40 lower-case letters, digits and hyphens; never changed")
    offer("--kind", type=AccountKind, choices=list(AccountKind), required=True,
          help="what the organisation is; never changed")  # fmt: skip
    offer("--currency", default="GBP", metavar="CODE",
          help="ISO 4217 (%(default)s); never changed")  # fmt: skip
    _offer_fields(create, is_new=True)


def _add_change(change: argparse.ArgumentParser) -> None:
    change.add_argument("id", help="id of the account")
    change.argument_default = argparse.SUPPRESS  # an option that is left out changes nothing
    _offer_fields(change, is_new=False)


def _offer_fields(parser: argparse.ArgumentParser, *, is_new: bool) -> None:
    """Options of the fields that can be changed; those of a new account have a default."""

    def offer(option: str, default: Any, **more: Any) -> None:
        parser.add_argument(option, **({"default": default} if is_new else {}), **more)

    empty = "" if is_new else "; empty: none"
    parser.add_argument("--name", required=is_new, help="name on invoices")
    offer("--agency", None, metavar="ID",
          help=f"account of the agency that acts for this advertiser{empty}")  # fmt: skip
    offer("--country", "GB", metavar="CODE", help="ISO 3166 (GB)" if is_new else "ISO 3166")
    offer("--vat-number", None, metavar="NUMBER",
          help=f"with its country code and without blanks{empty}")  # fmt: skip
    offer("--address", [], action="append", metavar="LINE", help="once for each line")
    offer("--billing-email", None, metavar="ADDRESS", help=f"where invoices are sent{empty}")
    offer("--commission-bp", 0, type=int, metavar="N",
          help="commission of an agency in basis points (0)")  # fmt: skip
    offer("--credit-limit-minor", 0, type=int, metavar="N",
          help="limit of unpaid invoices in minor units (0: all are prepaid)")  # fmt: skip


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when it is refused, with the reason."""
    engine = database.open_existing(settings.read(arguments).database_url)
    try:
        if arguments.action == "create":
            _create(engine, arguments, clock())
        elif arguments.action == "change":
            _change(engine, arguments, clock())
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


def _change(engine: Engine, arguments: argparse.Namespace, now: datetime) -> None:
    given = {name: value for name, value in vars(arguments).items() if name in CHANGEABLE}
    if not given:
        raise AccountError("accounts change: name at least one option, such as --name")
    changes: dict[str, Any] = {
        name: value or None if name in OPTIONAL else value for name, value in given.items()
    }
    if "address" in changes:
        changes["address"] = tuple(line for line in changes["address"] if line)
    with database.writing(engine) as connection:
        before = require_account(connection, arguments.id, lock=True)
        profile = replace(before.profile, **changes)
        change_account(connection, profile, by=getpass.getuser(), now=now)


def _list(engine: Engine) -> None:
    with database.reading(engine) as connection:
        for one in list_accounts(connection, limit=1_000_000):
            state = "open" if one.is_open else "closed"
            agency = f"  agency {one.agency}" if one.agency else ""
            sys.stdout.write(f"{one.id:<20}{one.kind:<13}{state:<8}{one.name}{agency}\n")
