from datetime import UTC, datetime

import msgspec
import pytest

from wire.ack import Ack

ACK = {
    "device": "kx-01-cam-1",
    "journal": "00c0ffee00c0ffee",
    "through": 12,
    "at": "2026-11-23T08:00:00Z",
}


def read(**fields):
    return msgspec.json.decode(msgspec.json.encode({**ACK, **fields}), type=Ack)


def test_an_acknowledgement_names_the_last_durable_report():
    assert read() == Ack(
        device="kx-01-cam-1",
        journal="00c0ffee00c0ffee",
        through=12,
        at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("through", [0, 1, 2**53 - 1])
def test_zero_means_that_no_report_is_durable_yet(through):
    assert read(through=through).through == through


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"through": -1}, "`int` >= 0"),
        ({"through": 2**53}, "`int` <= 9007199254740991"),
        ({"through": 1.5}, "Expected `int`"),
        ({"through": None}, "Expected `int`"),
        ({"device": "kx-01/cam"}, "$.device"),
        ({"device": "kx-01-cam-1\n"}, "$.device"),
        ({"journal": "00C0FFEE00C0FFEE"}, "$.journal"),
        ({"at": "2026-11-23T08:00:00"}, "timezone"),
        ({"from": 1}, "unknown field `from`"),
    ],
)
def test_an_invalid_acknowledgement_is_refused_with_the_field(fields, reason):
    with pytest.raises(msgspec.ValidationError) as refused:
        read(**fields)
    assert reason in str(refused.value)
