"""How urgent a certificate is, by the days that are left."""

import pytest

from cloud.fleet.certificates import classify


@pytest.mark.parametrize(
    ("days_left", "state"),
    [(None, "unknown"), (-1, "expired"), (0, "expired"), (7.4, "late"), (7.5, "due"),
     (14.9, "due"), (15, "valid")],
)  # fmt: skip
def test_a_certificate_is_as_urgent_as_its_renewal(days_left, state):
    assert classify(days_left) == state
