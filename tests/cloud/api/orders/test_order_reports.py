"""History, the cost of a cancellation, and the export of orders."""

import csv
import io
from datetime import timedelta

import pytest

from cloud.api.orders import export
from tests.cloud.api.orders.conftest import ORDERS, Market


def test_the_history_has_each_state_of_a_line_with_its_cost(market: Market) -> None:
    where = market.order(positions=2)
    market.act("acme", where, "reserve")
    market.act("acme", where, "book")
    found = market("acme", "GET", f"{where}/history").json()
    states = [(one["version"], one["status"], one["cost_minor"]) for one in found["versions"]]
    assert states == [(1, "Draft", 420), (2, "Reserved", 420), (3, "Booked", 420)]
    assert found["currency"] == "GBP"
    assert market("bolt", "GET", f"{where}/history").status_code == 404


def test_the_cost_of_a_cancellation_is_known_before_it_is_charged(market: Market) -> None:
    where = market.order()
    market.act("acme", where, "book")
    known = market("acme", "GET", f"{where}/cancellation").json()
    assert (known["due_before_minor"], known["steps"][-1]["notice_days"]) == (210, 0)
    assert 0 < known["due_after_minor"] <= 210
    assert market("acme", "GET", where).json()["lines"][0]["status"] == "Booked"
    cancelled = market.act("acme", where, "cancel", reason="the launch is later").json()
    assert cancelled["gross_minor"] == known["due_after_minor"]


def test_a_draft_costs_nothing_to_cancel_because_it_cannot_be_cancelled(market: Market) -> None:
    refused = market("acme", "GET", f"{market.order()}/cancellation")
    assert (refused.status_code, refused.json()["title"]) == (409, "Wrong state")


def test_a_line_in_flight_keeps_what_was_delivered(market: Market) -> None:
    where = market.order()
    market.act("acme", where, "book")
    (line,) = market("acme", "GET", where).json()["lines"]
    market.context.clock.advance(timedelta(days=2, hours=19, minutes=30))  # Monday 07:30
    put = f"{where}/lines/{line['id']}/creatives"
    approve = market("admin", "GET", "/api/creatives").json()["creatives"][0]["id"]
    market("sales", "POST", f"/api/creatives/{approve}/approve")
    assert market("acme", "PUT", put, {"creatives": ["spring-sale"]}).status_code == 200
    assert market("acme", "GET", where).json()["lines"][0]["status"] == "InFlight"
    assert market.act("acme", where, "pause").status_code == 200
    assert market.act("acme", where, "resume").status_code == 200
    known = market("acme", "GET", f"{where}/cancellation").json()
    assert (known["due_before_minor"], known["due_after_minor"]) == (210, 60)
    assert market.act("acme", where, "cancel", reason="enough").json()["gross_minor"] == 60


def test_the_list_states_what_the_lines_amount_to(market: Market) -> None:
    where = market.order(positions=2)
    market.act("acme", where, "book")
    (order,) = market("acme", "GET", ORDERS).json()["orders"]
    assert (order["statuses"], order["net_minor"]) == ({"Booked": 1}, 420)
    assert order["starts_at"] == "2026-11-23T07:00:00Z"


def test_the_export_has_a_row_for_each_own_line(market: Market) -> None:
    where = market.order(positions=2)
    market("acme", "POST", ORDERS, {"name": "=empty"})
    market.order("bolt")
    answer = market("acme", "GET", "/api/orders.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    by_name = {row["name"]: row for row in rows}
    assert by_name.keys() == {"Winter", "'=empty"}
    assert by_name["Winter"]["order"] == where.rpartition("/")[2]
    assert [by_name["Winter"][name] for name in ("status", "hours", "cost", "currency")] == [
        "Draft", "3", "4.20", "GBP",
    ]  # fmt: skip
    assert by_name["'=empty"]["status"] == ""


@pytest.mark.parametrize("most_lines", [2, 0])  # less than one order: it is a chunk of its own
def test_an_export_has_every_order_however_it_is_divided(
    market: Market, monkeypatch: pytest.MonkeyPatch, most_lines: int
) -> None:
    monkeypatch.setattr(export, "MOST_LINES", most_lines)
    placed = [market.order().rpartition("/")[2] for _ in range(3)]
    answer = market("acme", "GET", "/api/orders.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted(row["order"] for row in rows) == sorted(placed)
    assert answer.text.count("purchase_order") == 1
