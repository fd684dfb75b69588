"""`python -m cloud trade export|read`: files for other players, requests of other dialects.

`export` writes a file for Xibo or Broadsign. `read` prints a bid request of another dialect with
the names of OpenRTB 2.6.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from cloud import settings
from cloud.campaigns.campaign import UnknownCampaignError
from cloud.campaigns.plays.log_file import LogFileError
from cloud.cli.serve import add_rate_card, open_context
from cloud.cli.trade.exports import add_exports, run_export
from cloud.pricing.slot import SlotError
from cloud.sites.sites import UnknownLocation
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
    actions = parser.add_subparsers(dest="action", required=True, metavar="export|read")
    add_exports(actions.add_parser("export", help="write a file for a player of another maker"))
    reads = actions.add_parser("read", help="print a bid request with the names of OpenRTB 2.6")
    reads.add_argument("file", type=Path, help="a bid request, or an inventory element, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when it is refused, or when a screen is missing in the file."""
    try:
        if arguments.action == "read":
            return _read(arguments.file)
        context = open_context(arguments)
        try:
            return run_export(context, arguments)
        finally:
            context.engine.dispose()
    except REFUSALS as refused:
        sys.stderr.write(f"{refused}\n")
        return 1


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
