"""`python -m cloud price LOCATION TIME_SLOT --explain`: one slot price, as a table.

With `--url` it asks a running API; without, it works the price out from the database itself.
"""

import argparse
import json
import sys
import urllib.parse
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pydantic import ValidationError

from cloud import settings
from cloud.api.explain import price_lines, summarize_price
from cloud.api.pricing import PriceResponse, price_slot
from cloud.app.buyer import Buyer
from cloud.app.context import AppContext
from cloud.app.example_dates import example_slot
from cloud.cli.serve import add_rate_card, open_context
from cloud.database import DatabaseError
from cloud.database.existing import open_or_make, require_file
from cloud.messaging.deadline import Deadline
from cloud.messaging.http_request import WebhookResponse, http_request
from cloud.pricing.slot import parse_slot
from wire.addresses import WEB_SCHEMES, AddressError, NetworkAddress, parse_address
from wire.web.web_request import failure_of

TIMEOUT_S: Final = 10.0  # for the whole call
LARGEST_BYTES: Final = 1024 * 1024
OK: Final = 200


class AskError(RuntimeError):
    """The API gave no price."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `price`."""
    parser.add_argument("location", help="a location of the sites file, such as KX-01")
    parser.add_argument("time_slot", help=f"start of a local hour, such as {example_slot()}")
    parser.add_argument("--explain", action="store_true", help="show every factor and its reason")
    parser.add_argument("--json", action="store_true", help="show the API's answer as it is")
    parser.add_argument("--url", help="ask this API, such as http://127.0.0.1:8080")
    parser.add_argument("--key-file", type=Path, help="file that holds the key to show it")
    parser.add_argument("--account", help="quote the negotiated price of this account")
    settings.add_arguments(parser, "database", "sites")
    add_rate_card(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the price; 1 when there is none, with the reason."""
    try:
        answer = _ask_api(arguments) if arguments.url else _computed(arguments)
    except (AskError, LookupError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments.json:
        sys.stdout.write(answer.model_dump_json(indent=2) + "\n")
        return 0
    lines = price_lines(answer) if arguments.explain else summarize_price(answer)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _computed(arguments: argparse.Namespace) -> PriceResponse:
    """The price from the database; without one from assumptions alone. Creates no database."""
    try:
        require_file(settings.read(arguments).database_url)
    except DatabaseError as missing:
        sys.stderr.write(f"priced from assumptions alone, since {missing}\n")
        with TemporaryDirectory() as folder:
            arguments.database = f"sqlite:///{folder}/empty.db"
            open_or_make(arguments.database).dispose()
            return _price(arguments)
    return _price(arguments)


def _price(arguments: argparse.Namespace) -> PriceResponse:
    context = open_context(arguments)
    try:
        return _price_slot(context, arguments)
    finally:
        context.engine.dispose()


def _price_slot(context: AppContext, arguments: argparse.Namespace) -> PriceResponse:
    site = context.sites.location(arguments.location)
    slot = parse_slot(arguments.time_slot, site.zone)
    buyer = Buyer(arguments.account, is_staff=True)
    return price_slot(context, site, slot, context.forecast(site), buyer)


def _ask_api(arguments: argparse.Namespace) -> PriceResponse:
    words = (
        urllib.parse.quote(word, safe="") for word in (arguments.location, arguments.time_slot)
    )
    try:
        api = parse_address(arguments.url, WEB_SCHEMES)
    except AddressError as error:
        raise AskError(f"--url is no address: {error}") from None
    path = f"{api.path.rstrip('/')}/api/pricing/slot/{'/'.join(words)}"
    query = urllib.parse.urlencode({"account": arguments.account}) if arguments.account else ""
    api = replace(api, path=path, query=query)
    try:
        key = arguments.key_file.read_text().strip() if arguments.key_file else ""
        headers = {"X-API-Key": key} if key else {}
        deadline = Deadline.after(TIMEOUT_S)
        answer = http_request(api, deadline, headers=headers, most_bytes=LARGEST_BYTES)
        if answer.status != OK:
            raise AskError(_detail(answer, api))
        return PriceResponse.model_validate_json(answer.body)
    except ValidationError:
        raise AskError(f"{api} gave no price: its answer is not that of this API") from None
    except (OSError, HTTPException, ValueError) as error:
        raise AskError(f"{api} gave no price: {failure_of(error)}") from None


def _detail(refused: WebhookResponse, api: NetworkAddress) -> str:
    try:
        return str(json.loads(refused.body)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{api} answered {refused.status}"
