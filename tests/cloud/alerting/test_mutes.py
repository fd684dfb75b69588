"""Which alerts a mute concerns, and when."""

from datetime import timedelta

import pytest

from cloud.alerting.mutes import AlertMute, MuteFilter, find_muted_until
from tests.cloud.alerting.conftest import MINUTE, NOON

HOUR = timedelta(hours=1)
ALERT = ("camera.offline", "KX-01", "kx-01-cam-1")


def mute(muted: MuteFilter, length: timedelta = HOUR) -> AlertMute:
    return AlertMute(1, muted, "works", NOON, "ann", NOON + length)


@pytest.mark.parametrize(
    ("muted", "is_muted"),
    [
        (MuteFilter(kind="camera."), True),
        (MuteFilter(kind="offline"), False),
        (MuteFilter(location="KX-01"), True),
        (MuteFilter(location="KX-0"), False),
        (MuteFilter(device="kx-01-cam-1"), True),
        (MuteFilter(kind="camera.", location="LB-01"), False),
    ],
)
def test_every_field_that_is_given_matches(muted: MuteFilter, is_muted: bool) -> None:
    assert muted.matches(*ALERT) is is_muted


def test_the_mute_that_ends_last_counts() -> None:
    mutes = [mute(MuteFilter(kind="camera.")), mute(MuteFilter(location="KX-01"), 2 * HOUR)]
    assert find_muted_until(mutes, *ALERT) == NOON + 2 * HOUR
    assert find_muted_until(mutes, "crowd.surge", "LB-01", "") is None


@pytest.mark.parametrize(
    ("at", "is_active"), [(NOON - MINUTE, False), (NOON, True), (NOON + HOUR, False)]
)
def test_a_mute_is_half_open(at, is_active: bool) -> None:
    assert mute(MuteFilter(kind="camera.")).is_active(at) is is_active
