"""A gate has bounds and reads a trusted table."""

import msgspec
import pytest

from cloud.products.definitions.gate import Gate


@pytest.mark.parametrize(
    ("found", "holds"), [(None, True), (9, False), (10, True), (20, True), (21, False)]
)
def test_a_number_lies_within_both_bounds(found, holds):
    gate = Gate(
        name="g", description="d", query="SELECT 1 FROM trusted_x", at_least=10, at_most=20
    )  # fmt: skip
    assert gate.holds(found) is holds
    assert gate.expected == "at least 10 and at most 20"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"query": "SELECT 1"}, "reads no table trusted_TABLE"),
        ({"at_least": None}, "expected at_least, at_most or both"),
    ],
)
def test_a_gate_that_can_never_judge_is_refused(changes, reason):
    written = {"name": "g", "description": "d", "query": "SELECT 1 FROM trusted_x", "at_least": 1}
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert(written | changes, Gate)
