"""What the demonstration prints of each step of a sale: ids, amounts, figures with their limits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from simulators.demo.sale.flight import ZONE, Flight

WIDTH: Final = 110
NAME: Final = 13
Answer = Mapping[str, Any]


def format_step(position: int, step: str, text: str) -> str:
    """A step: its number and name, and its text beside them."""
    first = f"  {position:>2} {step:<{NAME}}"
    return fill(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def introduce(url: str, flight: Flight) -> str:
    """What is sold, and by which clock."""
    text = (
        f"The sales server {url} has a clock of its own. It starts at {_at(flight.bought_at)}, a "
        f"day before the flight, and is moved to the flight and then to now. The agent replays "
        f"drawn recordings with the times of the flight: {_at(flight.starts_at)} to "
        f"{_at(flight.ends_at)}."
    )
    title = f"One sale at {flight.location}, from the brief to the credit note"
    return f"\n{title}\n\n{fill(text, WIDTH)}\n"


def describe_plan(plan: Answer, flight: Flight) -> str:
    """The brief and what the plan buys."""
    answer = plan["answer"]
    positions = sum(line["positions"] for line in answer["lines"])
    expected = answer["impressions"]
    return (
        f"{plan['id']}: the brief is the most attention at {flight.location} for "
        f"{plan['budget']} {plan['currency']}. The plan buys {positions} position-hours for "
        f"{answer['cost']}, {expected['p50']:.0f} attentive impressions expected "
        f"({expected['p10']:.0f} to {expected['p90']:.0f})."
    )


def describe_quote(quote: Answer) -> str:
    """The price, and how long it holds."""
    hours = ", ".join(f"{_clock(one['starts_at'])} at {one['price']}" for one in quote["slots"])
    return (
        f"{quote['id']}: {_money(quote['total_minor'], quote['currency'])} until "
        f"{_clock(quote['valid_until'])}; one position costs {hours}."
    )


def describe_hold(hold: Answer) -> str:
    """What is held, and until when."""
    positions = sum(one["positions"] for one in hold["slots"])
    return f"{hold['id']}: {positions} positions until {_at(_instant(hold['expires_at']))}."


def describe_order(order: Answer) -> str:
    """The order and its line."""
    (line,) = order["lines"]
    return (
        f"{order['id']}: line {line['id']} is {line['status']} and costs "
        f"{_money(line['cost_minor'], order['currency'])} without VAT, as quoted."
    )


def describe_payment(payment: Answer, booked: Answer) -> str:
    """The payment, and the state of the line."""
    return (
        f"{payment['id']}: {_money(payment['amount_minor'], payment['currency'])} with VAT by "
        f"card, {payment['status']} by signed webhooks of a simulated provider. "
        f"The line is {booked['lines'][0]['status']}."
    )


def describe_guarantee(promise: Answer) -> str:
    """What the seller promises."""
    return (
        f"{promise['amount']} attention seconds that a camera measures. Attention that is only "
        "estimated does not count."
    )


def describe_plays(shown: int, flight: Flight) -> str:
    """The first hour of the flight."""
    return (
        f"{shown} plays from {_at(flight.starts_at)} on, as the player states them. The agent has "
        "measured the hour: some people, then an empty concourse."
    )


def describe_live(live: Answer) -> str:
    """The figures during the flight."""
    totals = live["totals"]
    attention = totals["attention_s"]
    return (
        f"At {_clock(live['at'])} the buyer sees {totals['plays']} plays, "
        f"{totals['measured']['attention_s']:.1f} attention seconds measured, "
        f"{_range(attention)} with the hour that has begun: its {totals['unknown_plays']:.0f} "
        "plays are unknown yet, not zero."
    )


def describe_blind(shown: int, flight: Flight) -> str:
    """The two hours of the covered lens."""
    return (
        f"The lens is covered from {_clock(flight.blind_at.isoformat())} to "
        f"{_clock(flight.ends_at.isoformat())}. The agent reports both hours as unobserved; the "
        f"player states {shown} plays."
    )


def describe_hours(hours: Sequence[Answer]) -> str:
    """The final delivery, by hour."""
    return "; ".join(_describe_hour(one) for one in hours) + "."


def _describe_hour(one: Answer) -> str:
    observed = one["observed_share"] or 0.0
    basis = "measured" if observed else "estimated from the forecast"
    attention = one["measured"]["attention_s"] if observed else None
    figure = f"{attention:.1f}" if attention is not None else _range(one["attention_s"])
    return (
        f"{_clock(one['starts_at'])}: {one['plays']} of {one['booked_plays']:.0f} plays, "
        f"{observed:.0%} observed, attention {figure} s {basis}"
    )


def describe_invoice(invoice: Answer) -> str:
    """The invoice: all booked hours, paid in advance."""
    currency = invoice["currency"]
    return (
        f"{invoice['number']}: {_money(invoice['net_minor'], currency)} and VAT of "
        f"{_money(invoice['vat_minor'], currency)}, together "
        f"{_money(invoice['total_minor'], currency)}, of which "
        f"{_money(invoice['prepaid_minor'], currency)} was paid in advance. All booked hours are "
        "billed: a shortfall is credited, never deducted."
    )


def describe_receipts(file: Path, verified: str, altered: str) -> str:
    """What the buyer finds in the file of receipts, without the server."""
    _, receipts, creative, *_, result = (line.strip() for line in verified.splitlines())
    return (
        f"{file.name}, signed by the camera and verified without server and database: {receipts}; "
        f"{creative}; {result}. With one digit changed: {altered}."
    )


def describe_make_good(make_good: Answer, hours: Sequence[Answer]) -> str:
    """What is credited, and what is not."""
    plays = sum(one["plays"] for one in hours)
    booked = sum(one["booked_plays"] for one in hours)
    credit = _money(make_good["credit_minor"], make_good["currency"])
    return (
        f"{make_good['id']}: {make_good['delivered']} of {make_good['booked']} guaranteed "
        f"attention seconds were measured, so {credit} is credited, {make_good['status']} by "
        f"finance. Nothing is credited for plays: {plays} of {booked:.0f} took place. The estimate "
        "for the two blind hours does not count, because the guarantee says so; without that "
        "clause it would, and only a P90 below the guarantee would be credited."
    )


def describe_credit(credit: Answer) -> str:
    """The credit note."""
    currency = credit["currency"]
    return (
        f"{credit['number']}: {_money(credit['net_minor'], currency)} and VAT of "
        f"{_money(credit['vat_minor'], currency)}, together "
        f"{_money(credit['total_minor'], currency)}."
    )


def _money(amount_minor: int, currency: str) -> str:
    return f"{currency} {amount_minor // 100}.{amount_minor % 100:02}"


def _range(interval: Answer | None) -> str:
    if interval is None:
        return "no data"
    return f"{interval['value']:.0f} ({interval['low']:.0f} to {interval['high']:.0f})"


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(ZONE):%d %b %Y %H:%M}"


def _clock(written: str) -> str:
    return f"{_instant(written).astimezone(ZONE):%H:%M}"
