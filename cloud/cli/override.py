"""`python -m cloud override set|list|withdraw`: a price set by hand, without a running API.

The rules are those of `PUT /api/pricing/override/...`, and so is the entry in the audit log; the
author is the user who runs it, unless another is named. An API on the same database applies it
within a second.
"""

import argparse
import getpass
import re
import sys

from pydantic import ValidationError

from cloud import settings
from cloud.api.audience import RangeError
from cloud.api.overrides import (
    MAX_AUTHOR,
    OverrideRefused,
    OverrideRequest,
    OverrideResponse,
    active_prices,
    set_price,
    withdraw_price,
)
from cloud.app.context import AppContext
from cloud.app.example_dates import example_slot
from cloud.app.problem import describe_faults
from cloud.auth.keys import ACCOUNT_PATTERN, MAX_ACCOUNT
from cloud.cli.serve import add_rate_card, open_context
from cloud.money import MoneyError
from cloud.pricing.slot import SlotError, parse_slot
from cloud.sales.overrides import UnknownOverride
from cloud.sites.sites import UnknownLocation

REFUSALS = (MoneyError, OverrideRefused, RangeError, SlotError, UnknownLocation, UnknownOverride)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `override`."""
    settings.add_arguments(parser, "database", "sites", "redis")
    add_rate_card(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="set|list|withdraw")
    one = actions.add_parser("set", help="set the price of one slot, in place of the computed one")
    _add_slot(one)
    one.add_argument("price", help="in the location's currency, such as 45.00")
    one.add_argument("--reason", required=True, help="why, in one line")
    _add_account(one)
    one.add_argument("--until", help="an instant with its offset; without it, until withdrawn")
    listed = actions.add_parser("list", help="show the prices that are set")
    listed.add_argument("location", nargs="?", help="of one location only, such as KX-01")
    withdraw = actions.add_parser("withdraw", help="use the computed price again")
    _add_slot(withdraw)
    _add_account(withdraw)


def _add_account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--account", type=_account, help="the only account that it applies to; without it, all"
    )


def _add_slot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("location", help="a location of the sites file, such as KX-01")
    parser.add_argument("time_slot", help=f"start of a local hour, such as {example_slot()}")
    parser.add_argument(
        "--author", type=_author, default=getpass.getuser(), help="author of the price"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when it is refused, with the reason."""
    context = open_context(arguments)
    is_withdrawn = arguments.action == "withdraw"
    try:
        for line in _run_action(context, arguments):
            sys.stdout.write(f"{_format_price(line, is_withdrawn=is_withdrawn)}\n")
    except ValidationError as error:
        faults = describe_faults(
            error.errors(), lambda fault: f"`{'.'.join(map(str, fault['loc']))}`"
        )
        sys.stderr.write(f"{faults}\n")
        return 1
    except REFUSALS as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        context.engine.dispose()
    return 0


def _run_action(context: AppContext, arguments: argparse.Namespace) -> list[OverrideResponse]:
    if arguments.action == "list":
        chosen = context.sites.location(arguments.location) if arguments.location else None
        return active_prices(context, chosen)
    site = context.sites.location(arguments.location)
    slot = parse_slot(arguments.time_slot, site.zone)
    if arguments.action == "withdraw":
        return [withdraw_price(context, site, slot, arguments.account, arguments.author)]
    named = {name: getattr(arguments, name) for name in ("price", "reason", "until", "account")}
    return [set_price(context, site, slot, OverrideRequest.model_validate(named), arguments.author)]


def _format_price(one: OverrideResponse, *, is_withdrawn: bool) -> str:
    until = "until withdrawn" if one.until is None else f"until {one.until.isoformat()}"
    if is_withdrawn:
        until = "withdrawn"
    slot = f"{one.location}/{one.starts_at.isoformat()}"
    whose = f"for {one.account}  " if one.account else ""
    return f"{one.number:>6}  {slot}  {one.price}  {whose}{until}  {one.author}: {one.reason}"


def _account(written: str) -> str:
    if re.fullmatch(ACCOUNT_PATTERN, written, re.ASCII) is None:
        raise argparse.ArgumentTypeError(
            f"{written[:40]!r} is no account: write 1 to {MAX_ACCOUNT} lower-case letters, digits "
            "and hyphens, as `python -m cloud keys list` shows them"
        )
    return written


def _author(written: str) -> str:
    if not (1 <= len(written) <= MAX_AUTHOR and written.isprintable() and written.strip()):
        raise argparse.ArgumentTypeError(
            f"{written[:40]!r} is no author: write 1 to {MAX_AUTHOR} printable characters"
        )
    return written
