"""Terms that the measurement can prove."""

from cloud.booking.adcp.measurement_terms import FINAL_AFTER_DAYS
from cloud.campaigns.delivery import LATE_DATA


def test_a_delivery_is_final_when_late_reports_can_no_longer_change_it() -> None:
    assert LATE_DATA.days == FINAL_AFTER_DAYS
