"""`python -m simulators bidding`: the bidder of a buyer on this machine, which pays nothing."""

import argparse
import sys
import time
from typing import Final

from simulators.bidding.server import BEHAVIOURS, Bidder

EVERY_S: Final = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `bidding`."""
    parser.add_argument("--port", type=int, default=12_112, help="port of loopback (12112)")
    parser.add_argument("--creative", default="spring-sale", help="creative that it bids with")
    parser.add_argument(
        "--behaviour", choices=BEHAVIOURS, default="bid", metavar="NAME",
        help=f"how it answers (bid): {', '.join(BEHAVIOURS)}",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C, and print each request and notice."""
    bidder = Bidder(creative=arguments.creative, behaviour=arguments.behaviour)
    try:
        url = bidder.start(arguments.port)
    except OSError as error:
        sys.stderr.write(f"port {arguments.port} cannot be used: {error.strerror}\n")
        return 2
    sys.stdout.write(f"bidder at {url}: set ONLOOKER_LOCAL_BIDDERS to 1 for the API\n")
    sys.stdout.flush()
    try:
        _print_events(bidder)
    finally:
        bidder.stop()
    return 0


def _print_events(bidder: Bidder) -> None:
    requests = notices = 0
    while True:
        time.sleep(EVERY_S)
        for request in bidder.requests[requests:]:
            sys.stdout.write(f"request {request['id']} for {request['dooh']['id']}\n")
        for kind, values in bidder.notices[notices:]:
            sys.stdout.write(f"{kind} {values}\n")
        requests, notices = len(bidder.requests), len(bidder.notices)
        sys.stdout.flush()
