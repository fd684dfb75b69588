"""`python -m cloud trade export|read|notices`: files for other players, dialects, private deals.

`export` writes a file for Xibo or Broadsign. `read` prints a bid request of another dialect with
the names of OpenRTB 2.6. `notices` sends the notices of private deals that are due, and ends bid
requests that were interrupted, as the API does every minute.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from cloud import database, settings
from cloud.app.context import AppContext
from cloud.campaigns.campaign import UnknownCampaignError
from cloud.campaigns.plays.log_file import LogFileError
from cloud.cli.serve import add_rate_card, open_context
from cloud.cli.trade.exports import add_exports, run_export
from cloud.pricing.slot import SlotError
from cloud.sites.sites import UnknownLocation
from cloud.trade.deals.bidder_client import open_bidder_client
from cloud.trade.deals.notices import send_notices
from cloud.trade.deals.request_store import expire_requests
from cloud.trade.exports.play_values import ExportError
from cloud.trade.exports.xibo import XiboError
from cloud.trade.openrtb.dialects import DialectError, normalise_request

REFUSALS: Final = (
    DialectError, ExportError, LogFileError, OSError, SlotError, UnknownCampaignError,
    UnknownLocation, XiboError,
)  # fmt: skip
LARGEST_BYTES: Final = 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `trade`."""
    settings.add_arguments(parser, "database", "sites")
    add_rate_card(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="export|read|notices")
    add_exports(actions.add_parser("export", help="write a file for a player of another maker"))
    reads = actions.add_parser("read", help="print a bid request with the names of OpenRTB 2.6")
    reads.add_argument("file", type=Path, help="a bid request, or an inventory element, as JSON")
    actions.add_parser("notices", help="send the notices of private deals that are due")


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when it is refused, or when a screen or a notice fails."""
    try:
        if arguments.action == "read":
            return _read(arguments.file)
        context = open_context(arguments)
        try:
            if arguments.action == "notices":
                return _send_notices(context)
            return run_export(context, arguments)
        finally:
            context.engine.dispose()
    except REFUSALS as refused:
        sys.stderr.write(f"{refused}\n")
        return 1


def _send_notices(context: AppContext) -> int:
    with database.writing(context.engine) as connection:
        ended = expire_requests(connection, context.clock())
    count = send_notices(context, open_bidder_client())
    sys.stdout.write(
        f"{count.sent} notices sent, {count.failed} failed, {count.void} without delivery; "
        f"{ended} interrupted bid requests ended\n"
    )
    return int(bool(count.failed))


def _read(path: Path) -> int:
    with path.open("rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise DialectError(f"{path.name} has more than {LARGEST_BYTES} bytes: it is no bid request")
    try:
        request = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DialectError(f"{path.name} is no JSON: {error}") from None
    found = msgspec.json.encode(normalise_request(request))
    sys.stdout.write(msgspec.json.format(found, indent=2).decode() + "\n")
    return 0
