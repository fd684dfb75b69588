"""`GET /api/pricing/explain/{location}/{time_slot}`: a price as plain text.

Each factor is one line with its reason and the running product.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from cloud.api.audience import LocationName
from cloud.api.pricing import PriceResponse, TimeSlot, price_slot
from cloud.app.buyer import BuyerOf
from cloud.app.context import AppContext
from cloud.app.forecasts import forecast_site
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.ranges import Range
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.money import major, with_sign
from cloud.pricing.slot import parse_slot

ROUNDED: Final = "the whole product rounded once, halves up"

router = APIRouter(tags=["pricing"], dependencies=[allow_roles(*BUYER_ROLES)])


@router.get(
    "/api/pricing/explain/{location}/{time_slot}",
    response_class=PlainTextResponse,
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def explain_price(
    request: Request, location: LocationName, time_slot: TimeSlot, buyer: BuyerOf
) -> str:
    """Write the price of a slot as a table with every factor and its reason."""
    context: AppContext = get_context(request)
    site = context.sites.location(location)
    slot = parse_slot(time_slot, site.zone)
    answer = price_slot(context, site, slot, await forecast_site(context, site), buyer)
    return "\n".join(price_lines(answer)) + "\n"


def summarize_price(answer: PriceResponse) -> Iterator[str]:
    """The price in one line."""
    slot = answer.slot
    when = f"{slot.local:%A} {slot.local.day} {slot.local:%B %Y, %H:%M}"
    spread = f"{_money(answer, answer.price_p10)} to {_money(answer, answer.price_p90)}"
    yield f"{_money(answer, answer.price)}  {answer.location}  {when}  ({spread})"


def price_lines(answer: PriceResponse) -> Iterator[str]:
    """The price with its factors, forecast, basis and versions."""
    slot = answer.slot
    yield f"{answer.name} ({answer.location})"
    yield f"{slot.local:%A} {slot.local.day} {slot.local:%B %Y, %H:%M}, one hour, one loop position"
    yield ""
    yield f"  {'base rate':<12}{'':>9}{_money(answer, answer.base_rate):>11}"
    running = Decimal(answer.base_rate_minor)
    for factor in answer.factors:
        running *= Decimal(factor.value)
        worth = _money(answer, major(running, answer.currency))
        yield f"  {factor.name:<12}x {Decimal(factor.value):<7.4f}{worth:>11}  {factor.reason}"
    yield f"  {'price':<12}{'':>9}{_money(answer, answer.price):>11}  {answer.currency}, {ROUNDED}"
    spread = f"{_money(answer, answer.price_p10)} to {_money(answer, answer.price_p90)}"
    yield f"  {'P10 to P90':<12}{'':>9}{spread:>18}"
    yield f"  {'for sale':<12}{answer.availability.sentence}"
    yield ""
    yield f"  {'expected':<28}{'P10':>10}{'P50':>10}{'P90':>10}"
    yield from _expected(answer)
    yield ""
    yield f"  based on    {answer.basis.reason}"
    yield f"  cameras     {_cameras(answer)}"
    yield f"  newest data {_moment(answer.basis.newest_data_at)}"
    versions = answer.versions
    yield f"  rate card   {versions.rate_card} ({versions.rate_card_digest})"
    until = _moment(answer.basis.cutoff_at)
    yield f"  forecast    {versions.forecast}, measurements until: {until}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "none"


def _cameras(answer: PriceResponse) -> str:
    basis = answer.basis
    share = "no camera expected" if basis.observed_share is None else f"{basis.observed_share:.0%}"
    return (
        f"{basis.cameras_reporting} of {basis.cameras_expected} report, observed share of the last "
        f"week: {share}"
    )


def _expected(answer: PriceResponse) -> Iterator[str]:
    expected = answer.expected
    rows: list[tuple[str, Range]] = [
        ("people in view, on average", expected.crowd),
        ("people coming into view", expected.entries),
        ("people who look", expected.onlookers),
        ("attention seconds", expected.attention_s),
    ]
    for name, span in rows:
        yield f"  {name:<28}{span.p10:>10,.1f}{span.p50:>10,.1f}{span.p90:>10,.1f}"


def _money(answer: PriceResponse, amount: Decimal) -> str:
    return with_sign(amount, answer.currency)
