"""What is printed of a sale: amounts to the minor unit, and no figure for what is not known."""

from datetime import UTC, datetime

from simulators.demo.sale import wording
from simulators.demo.sale.flight import choose_flight

FLIGHT = choose_flight(datetime(2026, 11, 29, 12, tzinfo=UTC))
INTERVAL = {"low": 325.4, "value": 723.1, "high": 1373.9}


def hour(observed, attention_s):
    return {
        "starts_at": "2026-11-21T10:00:00Z", "plays": 360, "booked_plays": 360.0,
        "observed_share": observed, "attention_s": INTERVAL,
        "measured": {"attention_s": attention_s},
    }  # fmt: skip


def test_a_step_is_wrapped_beside_its_name():
    lines = wording.format_step(3, "hold", "word " * 40).splitlines()
    assert lines[0].startswith("   3 hold")
    assert all(len(line) <= wording.WIDTH for line in lines)
    assert len({len(line) - len(line.lstrip()) for line in lines[1:]}) == 1


def test_an_hour_without_a_picture_is_estimated_and_not_zero():
    text = wording.describe_hours([hour(1.0, 13.4), hour(0.0, 0.0)])
    assert "100% observed, attention 13.4 s measured" in text
    assert "0% observed, attention 723 (325 to 1374) s estimated from the forecast" in text


def test_an_interval_that_is_not_known_is_no_number():
    live = {
        "at": "2026-11-21T11:05:00Z",
        "totals": {
            "plays": 0, "unknown_plays": 720.0, "attention_s": None,
            "measured": {"attention_s": 0.0},
        },
    }  # fmt: skip
    text = wording.describe_live(live)
    assert "no data" in text
    assert "720 plays are unknown yet, not zero" in text


def test_amounts_have_their_minor_units():
    credit = {"number": "CN-2026-000001", "currency": "GBP", "net_minor": 2769, "vat_minor": 504,
              "total_minor": 3273}  # fmt: skip
    text = wording.describe_credit(credit)
    assert text == "CN-2026-000001: GBP 27.69 and VAT of GBP 5.04, together GBP 32.73."


def test_times_are_those_of_the_screen():
    text = " ".join(wording.introduce("http://x", FLIGHT).split())
    assert "21 Nov 2026 10:00 to 21 Nov 2026 13:00" in text
