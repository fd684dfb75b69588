"""A message names one alert in full, or counts many by site."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.alerting.lifecycle import AlertChange
from cloud.alerting.message import (
    DEVICES_SHOWN,
    LONGEST_SUBJECT,
    SITES_SHOWN,
    AlertItem,
    AlertMessage,
    Severity,
    severity,
)
from cloud.alerting.rules import AlertKind
from tests.cloud.alerting.conftest import MINUTE, NOON

ONE = AlertItem(7, 17, "KX-01", "King's Cross", "kx-01-cam-1", NOON, "no report for 3 minutes")


def message(*items: AlertItem, change: AlertChange = AlertChange.RAISED) -> AlertMessage:
    return AlertMessage("batch-1", change, AlertKind.OFFLINE, items, "https://api.example.com")


def many(cameras: int, sites: int) -> AlertMessage:
    return message(
        *(
            AlertItem(n, n, f"S-{n % sites:03}", f"Site {n % sites}", f"cam-{n}", NOON, "gone")
            for n in range(cameras)
        )
    )


def test_every_kind_of_alert_has_a_severity_and_an_unknown_one_is_a_warning() -> None:
    assert severity(AlertKind.OFFLINE) is Severity.CRITICAL
    assert severity(AlertKind.CLOCK) is Severity.WARNING
    assert severity(AlertKind.SURGE) is Severity.INFO
    assert severity("a.kind.of.a.later.version") is Severity.WARNING


@pytest.mark.parametrize(
    ("name", "device", "where"),
    [
        ("King's Cross", "cam", "King's Cross (KX-01), camera cam"),
        ("King's Cross", "", "King's Cross (KX-01)"),
        ("", "cam", "KX-01, camera cam"),
        ("KX-01", "", "KX-01"),
    ],
)
def test_the_place_is_named_once(name: str, device: str, where: str) -> None:
    assert replace(ONE, site_name=name, device=device).where == where


def test_one_alert_is_described_in_full() -> None:
    found = message(ONE)
    assert found.subject == (
        "CRITICAL camera.offline raised: King's Cross (KX-01), camera kx-01-cam-1"
    )
    assert found.link == "https://api.example.com/api/alerts/17"
    assert found.text() == (
        "no report for 3 minutes\n\nSite: King's Cross (KX-01), camera kx-01-cam-1\n"
        "Time: 2026-11-20T12:00:00+00:00\nSeverity: critical\nAlert: 17\n\n"
        "https://api.example.com/api/alerts/17\n"
    )
    body = found.json()
    assert (body["alert"], body["location"], body["device"]) == (17, "KX-01", "kx-01-cam-1")
    assert (body["message"], body["count"]) == ("no report for 3 minutes", 1)


def test_an_alert_of_a_whole_location_has_no_device() -> None:
    body = message(replace(ONE, device="")).json()
    assert body["device"] is body["alerts"][0]["device"] is None


def test_several_alerts_are_counted_by_site_the_most_first() -> None:
    found = many(5, 3)
    assert found.subject == "CRITICAL camera.offline raised: 5 cameras at 3 sites"
    assert found.sites == [("S-000", "Site 0", 2), ("S-001", "Site 1", 2), ("S-002", "Site 2", 1)]
    body = found.json()
    assert {body[name] for name in ("alert", "location", "site_name", "device")} == {None}
    assert body["message"] == found.subject
    assert len(body["alerts"]) == 5


def test_long_lists_are_cut_in_the_text_and_in_json_and_the_count_is_whole() -> None:
    found = many(SITES_SHOWN + 7, SITES_SHOWN + 1)
    text, body = found.text(), found.json()
    assert f"and {SITES_SHOWN + 7 - DEVICES_SHOWN} more cameras" in text
    assert "and 1 more site\n" in text
    assert (len(body["sites"]), len(body["alerts"])) == (SITES_SHOWN, DEVICES_SHOWN)
    assert body["count"] == SITES_SHOWN + 7


@pytest.mark.parametrize(
    ("change", "state"), [(AlertChange.RAISED, "open"), (AlertChange.CLEARED, "cleared")]
)
def test_the_link_of_several_alerts_lists_those_of_their_state(
    change: AlertChange, state: str
) -> None:
    link = message(ONE, replace(ONE, notice=8, alert=18), change=change).link
    assert link == f"https://api.example.com/api/alerts?kind=camera.offline&state={state}"


def test_a_hostile_site_name_stays_on_one_bounded_line() -> None:
    hostile = replace(ONE, site_name="King's\r\nBcc: x@y.z\t" + "x" * 5_000)
    subject = message(hostile).subject
    assert subject.startswith("CRITICAL camera.offline raised: King's Bcc: x@y.z xxx")
    assert len(subject) == LONGEST_SUBJECT
    assert subject.isprintable()


def test_the_time_is_that_of_the_latest_change() -> None:
    assert message(ONE, replace(ONE, at=NOON + MINUTE), ONE).at == NOON + MINUTE
    assert message(ONE, replace(ONE, at=NOON - timedelta(days=1))).at == NOON


def test_the_key_depends_on_the_notifications_and_not_on_their_text() -> None:
    key = message(ONE, replace(ONE, notice=8)).key
    assert key == message(replace(ONE, message="other"), replace(ONE, notice=8, alert=99)).key
    assert len(key) == 32
    others = {
        message(ONE).key,
        message(replace(ONE, notice=8), ONE).key,
        replace(message(ONE, replace(ONE, notice=8)), batch="batch-2").key,
        message(replace(ONE, notice=78)).key,
    }
    assert len(others | {key}) == 5


def test_an_alert_of_retail_prices_names_product_and_store() -> None:
    item = AlertItem(1, 1, "S-01", "S-01", "orange-1l", NOON, "found 3.00", "retail.price_move")
    message = AlertMessage("b", AlertChange.RAISED, "retail.price_move", (item,))
    assert message.subject == "WARNING retail.price_move raised: orange-1l in S-01"
    assert "Store: orange-1l in S-01" in message.text()
    several = AlertMessage("b", AlertChange.RAISED, "retail.price_move", (item, item))
    assert several.subject.endswith("2 prices at 1 store")
