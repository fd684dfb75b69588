"""A file of occupancy changes prices, free positions and plans; an invalid one changes nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from cloud import database
from cloud.__main__ import main
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.planning.plan_offers import read_offer
from cloud.pricing.optimise.brief import Brief

HEAD = "location,time_slot,booked,class,fare,mean,deviation\n"
FULL = (
    "KX-01,2026-11-23T08:00,5,guaranteed,135.00,3,1\n"
    "KX-01,2026-11-23T08:00,5,preemptible,20.00,5,2\n"
    "KX-01,2026-11-23T09:00,6,,,,\n"
)
PRICE = "/api/pricing/slot/KX-01/2026-11-23T08:00"


def load(tmp_path: Path, lines: str) -> int:
    file = tmp_path / "occupancy.csv"
    file.write_text(lines)
    return main(["occupancy", "--database", f"sqlite:///{tmp_path}/onlooker.db", "load", str(file)])


def test_what_is_taken_makes_the_rest_dearer_and_fewer(
    ask, context: AppContext, clock, tmp_path, capsys
):
    before = ask.get(PRICE).json()["price_minor"]
    assert load(tmp_path, HEAD + FULL) == 0
    assert capsys.readouterr().out == "2 slots noted\n"
    clock.advance(timedelta(minutes=15))
    after = ask.get(PRICE).json()
    hours = ask.get("/api/inventory?location=KX-01&time_slot=2026-11-23T08:00").json()
    full = ask.get("/api/inventory?location=KX-01&time_slot=2026-11-23T09:00").json()

    assert before < after["price_minor"] <= 8 * after["base_rate_minor"]
    assert "5 of 6 positions are booked and 8.0 more" in after["factors"][-1]["reason"]
    extension = hours["screens"][0]["imp"][0]["ext"]["onlooker"]
    assert (extension["positions"], extension["free_positions"]) == (6, 1)
    assert extension["slot_price_minor"] == after["price_minor"]
    assert full["screens"][0]["imp"] == []
    with database.reading(context.engine) as connection:
        assert audit.verify_chain(connection).action == "occupancy.load"


def test_a_plan_buys_only_what_is_free_at_the_price_of_the_last_share(
    context: AppContext, tmp_path, ask
):
    load(tmp_path, HEAD + FULL)
    day = context.clock().date() + timedelta(days=3)
    sold = read_offer(
        context,
        Brief(
            budget_minor=1, currency="GBP", first_on=day, until_on=day + timedelta(days=1),
            locations=frozenset({"KX-01"}),
        ),
    )  # fmt: skip

    assert sold.free.tolist()[7:11] == [6, 1, 0, 6]
    assert sold.price_minor[8] == ask.get(PRICE).json()["price_minor"]


def test_what_is_noted_again_takes_the_place_of_what_was_known(ask, tmp_path, clock):
    plain = ask.get(PRICE).json()["price_minor"]
    load(tmp_path, HEAD + FULL)
    load(tmp_path, HEAD + "KX-01,2026-11-23T08:00,0,,,,\n")
    clock.advance(timedelta(minutes=15))

    assert ask.get(PRICE).json()["price_minor"] == plain


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("location,time_slot\n", "wanted location,time_slot,booked,class,fare,mean,deviation"),
        (HEAD + "XX-99,2026-11-23T08:00,0,,,,\n", "line 2: no location 'XX-99'"),
        (HEAD + "KX-01,2026-11-23T08:30,0,,,,\n", "line 2: slot '2026-11-23T08:30' is 08:30"),
        (HEAD + "KX-01,2026-10-25T01:00,0,,,,\n", "occurs twice"),
        (HEAD + "KX-01,2026-11-23T08:00,7,,,,\n", "7 positions are booked of 6"),
        (HEAD + "KX-01,2026-11-23T08:00,-1,,,,\n", "write a whole number of positions"),
        (HEAD + "KX-01,2026-11-23T08:00,1,a,1.001,1,1\n", "write at most 2 decimals for GBP"),
        (HEAD + "KX-01,2026-11-23T08:00,1,a,NaN,1,1\n", "write an amount"),
        (HEAD + "KX-01,2026-11-23T08:00,1,a,ten,1,1\n", "line 2: fare 'ten': write an amount"),
        (HEAD + "KX-01,2026-11-23T08:00,1,a,1e999999999999999999,1,1\n", "write an amount"),
        (HEAD + "KX-01,2026-11-23T08:00,1,a,-1e9999999999999999999,1,1\n", "write an amount"),
        (HEAD + "KX-01,2026-11-23T08:00,1,a,10,inf,1\n", "finite positions"),
        (
            HEAD + FULL + "KX-01,2026-11-23T08:00,4,,,,\n",
            "4 positions booked here, 5 in a line before",
        ),
        (HEAD + FULL + "KX-01,2026-11-23T08:00,5,x,99.00,1,1\n", "list the highest fare first"),
        (HEAD + "KX-01,2026-11-23T08:00\n", "line 2: wanted 7 fields"),
    ],
)
def test_a_bad_file_is_refused_whole_with_its_line(
    tmp_path: Path, capsys, lines: str, sentence: str
):
    assert load(tmp_path, lines) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "onlooker.db").exists()
