"""Each change of an alert is a row, in the transaction of the change."""

from sqlalchemy import Connection, select

from cloud.alerting import actions
from cloud.alerting.actions import OperatorAction
from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.listed_cameras import ListedCameras, close_unlisted_alerts
from cloud.database import alert_changes
from cloud.sites.sites_file import load_sites
from tests.cloud.alerting.conftest import AT_ONCE, MINUTE, NOON, blind, sites_file


def changes(connection: Connection) -> list[tuple[object, ...]]:
    cells = alert_changes.c
    rows = select(cells.alert, cells.change, cells.location, cells.changed_at, cells.value)
    return [tuple(row) for row in connection.execute(rows.order_by(cells.id))]


def test_the_life_of_an_alert_is_recorded_once(connection: Connection):
    apply_measures(connection, [blind(0.9)], NOON, AT_ONCE)
    apply_measures(connection, [blind(0.8)], NOON + MINUTE, AT_ONCE)  # it holds: no change
    for _ in range(2):
        actions.acknowledge(connection, 1, OperatorAction("operator:ann", NOON + MINUTE, ""))
    apply_measures(connection, [blind(0.1)], NOON + 2 * MINUTE, AT_ONCE)
    apply_measures(connection, [blind(0.7)], NOON + 3 * MINUTE, AT_ONCE)
    actions.close(connection, 2, OperatorAction("operator:ann", NOON + 4 * MINUTE, "repaired"))
    assert changes(connection) == [
        (1, "raised", "KX-01", NOON, 0.9),
        (1, "acknowledged", "KX-01", NOON + MINUTE, 0.8),
        (1, "cleared", "KX-01", NOON + 2 * MINUTE, 0.1),
        (2, "raised", "KX-01", NOON + 3 * MINUTE, 0.7),
        (2, "closed", "KX-01", NOON + 4 * MINUTE, 0.7),
    ]


def test_an_alert_of_a_camera_that_is_not_listed_is_recorded_as_closed(
    connection: Connection, tmp_path
):
    apply_measures(connection, [blind(0.9)], NOON, AT_ONCE)
    sites = load_sites(sites_file(tmp_path / "sites.yaml", {"LB": "[lb-cam-1]"}))
    now = NOON + MINUTE
    close_unlisted_alerts(connection, sites, ListedCameras.of(sites, now), now)
    assert [change for _, change, *_ in changes(connection)] == ["raised", "closed"]
