"""A price in words has the figures of the price as JSON, and its steps add up."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest

from cloud.api.explain import price_lines, summarize_price
from cloud.api.pricing import PriceResponse, price_slot
from cloud.app.context import AppContext
from cloud.pricing.slot import parse_slot

SLOT = "KX-01/2026-11-23T08:00"
PENNY = Decimal("0.01")


@pytest.fixture
def price(context: AppContext) -> PriceResponse:
    site = context.sites.location("KX-01")
    slot = parse_slot("2026-11-23T08:00", site.zone)
    return price_slot(context, site, slot, context.forecast(site))


def test_the_route_answers_the_lines_as_plain_text(ask, price: PriceResponse):
    answer = ask.get(f"/api/pricing/explain/{SLOT}")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "\n".join(price_lines(price)) + "\n"


def test_each_factor_is_one_step_of_a_running_sum_with_its_reason(price: PriceResponse):
    steps = [
        re.fullmatch(r"  (\S+) +x ([\d.]+) +£([\d.]+)  (.+)", line) for line in price_lines(price)
    ]
    running = price.base_rate
    for factor, step in zip(price.factors, filter(None, steps), strict=True):
        running *= Decimal(factor.value)
        assert step.groups() == (
            factor.name,
            f"{Decimal(factor.value):.4f}",
            str(running.quantize(PENNY, ROUND_HALF_UP)),
            factor.reason,
        )
    assert running.quantize(PENNY, ROUND_HALF_UP) == price.price


def test_the_first_lines_name_the_site_and_the_hour(price: PriceResponse):
    name, hour, empty, base, *_ = price_lines(price)
    assert name == "King's Cross St Pancras, Northern ticket hall (KX-01)"
    assert hour.startswith("Monday 23 November 2026, 08:00, one hour")
    assert (empty, base.split()) == ("", ["base", "rate", "£18.00"])


def test_a_summary_is_one_line_with_the_price_and_its_range(price: PriceResponse):
    (line,) = summarize_price(price)
    assert line == (
        f"£{price.price}  KX-01  Monday 23 November 2026, 08:00  "
        f"(£{price.price_p10} to £{price.price_p90})"
    )


def test_what_was_never_measured_is_none_and_not_zero(price: PriceResponse):
    text = "\n".join(price_lines(price))
    assert "newest data none\n" in text
    assert "measurements until: none" in text
    assert "cameras     0 of 1 report, observed share of the last week: 0%" in text


def test_a_site_without_an_expected_camera_has_no_share(price: PriceResponse):
    basis = price.basis.model_copy(update={"observed_share": None, "cameras_expected": 0})
    text = "\n".join(price_lines(price.model_copy(update={"basis": basis})))
    assert "0 of 0 report, observed share of the last week: no camera expected" in text


def test_amounts_are_written_in_the_currency_of_the_site(price: PriceResponse):
    other = price.model_copy(update={"currency": "JPY", "base_rate": Decimal(1800)})
    assert any("¥1,800" in line or "¥1800" in line for line in price_lines(other))


@pytest.mark.parametrize(
    ("path", "status"), [("XX-99/2026-11-23T08:00", 404), ("KX-01/2026-11-23T08:30", 422)]
)
def test_an_invalid_question_is_a_problem_document(ask, path: str, status: int):
    answer = ask.get(f"/api/pricing/explain/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
