"""`python -m cloud receipts ACTION`: export and verify receipts, maintain and check their log.

`verify` and `compare` need no database. `stream` appends receipts to the log while it runs;
`append` does so once. `checkpoint`, `consistency` and `export` need the private key of the log.
"""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from cloud import settings
from cloud.cli.receipts.verify import (
    add_compare_arguments,
    add_verify_arguments,
    compare,
    verify,
)
from wire.clock import utc_now

OFFLINE: Final = {"verify": verify, "compare": compare}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `receipts`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_verify_arguments(actions.add_parser("verify", help="verify a file, without a database"))
    add_compare_arguments(
        actions.add_parser("compare", help="whether the log continues that of an earlier file")
    )
    _add_export_arguments(actions.add_parser("export", help="write the receipts of a campaign"))
    key = actions.add_parser("key", help="create the key of the log; prints the public one")
    key.add_argument("file", type=Path, help="a new file, which only its owner can read")
    _add_origin(key)
    append = actions.add_parser("append", help="append pending receipts to the log")
    _add_root(append)
    _add_database(append)
    checkpoint = actions.add_parser("checkpoint", help="sign the log as it is, print that")
    _add_key(checkpoint)
    consistency = actions.add_parser(
        "consistency", help="print the proof that the log continues a smaller one"
    )
    consistency.add_argument("size", type=int, help="entries of the smaller log")
    _add_key(consistency)
    cose = actions.add_parser("cose", help="write the COSE receipt of an entry (RFC 9942)")
    cose.add_argument("entry", type=int, help="number of the entry in the log")
    what = "NAME.cose and NAME.json: the receipt, and the entry that it is of"
    cose.add_argument("-o", "--out", type=Path, required=True, metavar="NAME", help=what)
    _add_key(cose)
    cosign = actions.add_parser("cosign", help="store the signature of a cosigner")
    cosign.add_argument("file", type=Path, help="a checkpoint with the line of the cosigner")
    cosign.add_argument("--cosigner", required=True, metavar="KEY", help="its public key")
    _add_database(cosign)
    _add_database(actions.add_parser("check", help="compare the log with its stored entries"))
    _add_list_arguments(actions)


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when something is wrong or refused."""
    if arguments.action in OFFLINE:
        return OFFLINE[arguments.action](arguments)
    from cloud.cli.receipts import log_actions  # with the database

    if arguments.action == "key":
        return log_actions.report_refusal(lambda: log_actions.create_key(arguments))
    return log_actions.report_refusal(lambda: _run_on_database(arguments, clock()))


def _run_on_database(arguments: argparse.Namespace, now: datetime) -> int:
    from cloud import database
    from cloud.cli.receipts import log_actions

    engine = database.open_existing(settings.read(arguments).database_url)
    try:
        return log_actions.ACTIONS[arguments.action](engine, arguments, now)
    finally:
        engine.dispose()


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--campaign", metavar="ID", help="id of the campaign, from `campaigns list`")
    about.add_argument("--line", metavar="ID", help="one line of an order")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="a new file")
    what = "RFC 3339, such as 2026-11-20T00:00Z (default: the start of the flight)"
    parser.add_argument("--since", type=_instant, metavar="AT", help=what)
    parser.add_argument("--until", type=_instant, metavar="AT", help="default: five minutes ago")
    _add_key(parser)
    _add_root(parser)
    settings.add_arguments(parser, "sites")


def _add_list_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = actions.add_parser("list", help="list receipts that are not in the log")
    listing.add_argument(
        "--state", choices=("pending", "waiting", "rejected"), default="rejected",
        help="waiting: for the certificate of the device (default: %(default)s)",
    )  # fmt: skip
    _add_database(listing)
    retry = actions.add_parser("retry", help="verify rejected receipts of a device again")
    retry.add_argument("device", help="device id of the camera")
    _add_database(retry)
    certificate = actions.add_parser("certificate", help="add the certificate chain of a device")
    certificate.add_argument("file", type=Path, help="PEM, the certificate of the device first")
    _add_database(certificate)


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key", type=Path, action="append", metavar="FILE", dest="receipts_key",
        help="private key of the log; several while a new one takes over, that first "
        "(ONLOOKER_RECEIPTS_KEY)",
    )  # fmt: skip
    _add_origin(parser)
    _add_database(parser)


def _add_origin(parser: argparse.ArgumentParser) -> None:
    what = "name of the log, unique in the world (ONLOOKER_RECEIPTS_ORIGIN, onlooker/receipts)"
    parser.add_argument("--origin", dest="receipts_origin", metavar="NAME", help=what)


def _add_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root", type=Path, action="append", metavar="FILE", dest="receipts_root",
        help="root certificates of devices: receipts under other roots are rejected "
        "(ONLOOKER_RECEIPTS_ROOT; without one, any root)",
    )  # fmt: skip


def _add_database(parser: argparse.ArgumentParser) -> None:
    settings.add_arguments(parser, "database")


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at
