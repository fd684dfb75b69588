"""`python -m cloud price KX-01 2026-11-23T08:00 --explain`: one slot price, as a table.

With `--url` it asks a running API; without, it works the price out from the database itself.
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from cloud import settings
from cloud.api.pricing import PriceAnswer, Range, priced
from cloud.api.server import add_rate_card, open_desk
from cloud.pricing.slot import parse_slot

TIMEOUT_S: Final = 10
SIGNS: Final = {"GBP": "£", "EUR": "€", "USD": "$"}


class AskError(RuntimeError):
    """The API gave no price."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `price`."""
    parser.add_argument("location", help="a location of the estate, such as KX-01")
    parser.add_argument("time_slot", help="start of a local hour, such as 2026-11-23T08:00")
    parser.add_argument("--explain", action="store_true", help="show every factor and its reason")
    parser.add_argument("--json", action="store_true", help="show the API's answer as it is")
    parser.add_argument("--url", help="ask this API, such as http://127.0.0.1:8080")
    settings.add_arguments(parser, "database", "estate")
    add_rate_card(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the price; 1 when there is none, with the reason."""
    try:
        answer = _asked(arguments) if arguments.url else _worked_out(arguments)
    except (AskError, LookupError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments.json:
        sys.stdout.write(answer.model_dump_json(indent=2) + "\n")
        return 0
    lines = explained(answer) if arguments.explain else brief(answer)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def brief(answer: PriceAnswer) -> Iterator[str]:
    """The price in one line."""
    slot = answer.slot
    when = f"{slot.local:%A} {slot.local.day} {slot.local:%B %Y, %H:%M}"
    spread = f"{_money(answer, answer.low)} to {_money(answer, answer.high)}"
    yield f"{_money(answer, answer.price)}  {answer.location}  {when}  ({spread})"


def explained(answer: PriceAnswer) -> Iterator[str]:
    """The price with everything that it is made of."""
    slot = answer.slot
    yield f"{answer.name} ({answer.location})"
    yield f"{slot.local:%A} {slot.local.day} {slot.local:%B %Y, %H:%M}, one hour, one share"
    yield ""
    yield f"  {'base rate':<12}{'':>9}{_money(answer, answer.base_rate):>11}"
    running = Decimal(answer.base_rate_pence)
    for factor in answer.factors:
        running *= Decimal(factor.value)
        worth = _money(answer, running.scaleb(-2))
        yield f"  {factor.name:<12}x {Decimal(factor.value):<7.4f}{worth:>11}  {factor.reason}"
    yield f"  {'price':<12}{'':>9}{_money(answer, answer.price):>11}  {answer.currency}"
    spread = f"{_money(answer, answer.low)} to {_money(answer, answer.high)}"
    yield f"  {'P10 to P90':<12}{'':>9}{spread:>18}"
    yield ""
    yield f"  {'expected':<28}{'P10':>10}{'P50':>10}{'P90':>10}"
    yield from _expected(answer)
    yield ""
    yield f"  stands on   {answer.stands_on.reason}"
    versions = answer.versions
    yield f"  rate card   {versions.rate_card} ({versions.rate_card_digest})"
    cutoff_at = answer.stands_on.cutoff_at
    until = f"{cutoff_at:%Y-%m-%d %H:%M} UTC" if cutoff_at else "none"
    yield f"  forecast    {versions.forecast}, measurements until: {until}"


def _expected(answer: PriceAnswer) -> Iterator[str]:
    expected = answer.expected
    rows: list[tuple[str, Range]] = [
        ("people in view, on average", expected.crowd),
        ("people coming into view", expected.entries),
        ("people who look", expected.onlookers),
        ("seconds of looking", expected.looking_s),
    ]
    for name, span in rows:
        yield f"  {name:<28}{span.p10:>10,.1f}{span.p50:>10,.1f}{span.p90:>10,.1f}"


def _money(answer: PriceAnswer, amount: Decimal) -> str:
    return f"{SIGNS.get(answer.currency, answer.currency + ' ')}{amount:,.2f}"


def _worked_out(arguments: argparse.Namespace) -> PriceAnswer:
    desk = open_desk(arguments)
    site = desk.estate.location(arguments.location)
    slot = parse_slot(arguments.time_slot, site.zone)
    return priced(desk, site, slot, desk.forecast(site))


def _asked(arguments: argparse.Namespace) -> PriceAnswer:
    words = (
        urllib.parse.quote(word, safe="") for word in (arguments.location, arguments.time_slot)
    )
    address = f"{arguments.url.rstrip('/')}/api/pricing/slot/{'/'.join(words)}"
    if not address.startswith(("http://", "https://")):
        raise AskError(f"--url {arguments.url!r} is no address: write http://host:port")
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as response:  # noqa: S310 - checked
            return PriceAnswer.model_validate_json(response.read())
    except urllib.error.HTTPError as refused:
        raise AskError(_detail(refused)) from refused
    except (OSError, ValidationError) as error:
        raise AskError(f"{arguments.url} gave no price: {error}") from error


def _detail(refused: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(refused)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{refused.url} answered {refused.code} {refused.reason}"
