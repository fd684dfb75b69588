"""Alerts follow the sites file: those of a camera that is no longer listed are closed."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.listed_cameras import CLOSED_BY, ListedCameras, close_unlisted_alerts
from cloud.alerting.rules import AlertKind, Measure
from cloud.database import alerts, reading, writing
from cloud.sites.sites_file import load_sites
from tests.cloud.alerting.conftest import AT_ONCE, MINUTE, NOON, sites_file

BOTH = "[kx-cam-1, kx-cam-2]"


def raised(engine: Engine, *keys: tuple[AlertKind, str, str]) -> None:
    with writing(engine) as connection:
        measures = [Measure(kind, location, device, 99.0, "so") for kind, location, device in keys]
        apply_measures(connection, measures, NOON, AT_ONCE)


def swept(engine: Engine, file: Path) -> list[str | None]:
    """Why each alert was closed, in their order; None: it is open."""
    sites, now = load_sites(file), NOON + MINUTE
    with writing(engine) as connection:
        events = close_unlisted_alerts(connection, sites, ListedCameras.of(sites, now), now)
    with reading(engine) as connection:
        rows = list(connection.execute(select(alerts).order_by(alerts.c.id)))
    closed = [row.id for row in rows if row.closed_by == CLOSED_BY]
    assert sorted(event.alert for event in events) == closed
    assert [row.id for row in rows if row.cleared_at == now] == closed
    return [row.close_reason for row in rows]


@pytest.mark.parametrize(
    ("cameras", "reason"),
    [
        (BOTH, None),
        ("[kx-cam-1]", "camera kx-cam-2 is no longer listed at KX in the sites file"),
        ("[kx-cam-1, {id: kx-cam-2, until: 2026-11-20}]",
         "camera kx-cam-2 is listed at KX until 2026-11-20 only"),
        ("[kx-cam-1, {id: kx-cam-2, until: 2026-11-21}]", None),
        ("[kx-cam-1, {id: kx-cam-2, from: 2026-11-21}]",
         "camera kx-cam-2 is listed at KX from 2026-11-21 only"),
        ("[kx-cam-1, {id: kx-cam-2, optional: true}]",
         "camera kx-cam-2 is optional in the sites file: it may be offline"),
    ],
)  # fmt: skip
def test_the_alert_of_a_camera_that_is_listed_no_more_is_closed_with_why(
    engine: Engine, tmp_path: Path, cameras: str, reason: str | None
) -> None:
    raised(engine, (AlertKind.OFFLINE, "KX", "kx-cam-2"))
    assert swept(engine, sites_file(tmp_path / "sites.yaml", {"KX": cameras})) == [reason]


def test_an_optional_camera_may_be_silent_and_not_blind(engine: Engine, tmp_path: Path) -> None:
    raised(engine, (AlertKind.UNOBSERVED, "KX", "kx-cam-2"))
    listed = "[{id: kx-cam-2, optional: true}]"
    assert swept(engine, sites_file(tmp_path / "sites.yaml", {"KX": listed})) == [None]


def test_a_place_that_is_gone_closes_its_alerts_and_no_other(
    engine: Engine, tmp_path: Path
) -> None:
    raised(
        engine,
        (AlertKind.SURGE, "LB", ""),
        (AlertKind.UNOBSERVED, "LB", "lb-cam"),
        (AlertKind.SURGE, "KX", ""),
    )
    reasons = swept(engine, sites_file(tmp_path / "sites.yaml", {"KX": BOTH}))
    gone = "location LB is no longer in the sites file"
    assert reasons == [gone, gone, None]


def test_an_alert_moves_with_the_name_of_its_place(engine: Engine, tmp_path: Path) -> None:
    raised(engine, (AlertKind.OFFLINE, "KX", "kx-cam-2"))
    file = sites_file(tmp_path / "sites.yaml", {"KX-01": BOTH}, formerly="[KX]")
    assert swept(engine, file) == [None]
    with reading(engine) as connection:
        assert connection.execute(select(alerts.c.location)).scalar_one() == "KX-01"


def test_a_quarantine_and_a_late_run_are_no_matter_of_the_sites_file(
    engine: Engine, tmp_path: Path
) -> None:
    raised(engine, (AlertKind.QUARANTINED, "nowhere", "stranger"))
    raised(engine, (AlertKind.NIGHTLY_LATE, "", ""))
    assert swept(engine, sites_file(tmp_path / "sites.yaml", {"KX": BOTH})) == [None, None]


def test_a_camera_is_looked_at_within_its_dates(tmp_path: Path) -> None:
    cameras = (
        "[a, {id: b, until: 2026-11-20}, {id: c, from: 2026-11-21}, {id: d, optional: true},"
        " {id: e, optional: true, until: 2026-11-20}, {id: f, from: 2026-11-20}]"
    )
    sites = load_sites(sites_file(tmp_path / "sites.yaml", {"KX": cameras}))
    listed = ListedCameras.of(sites, NOON)
    assert {device for _, device in listed.cameras} == {"a", "d", "f"}
    assert {device for _, device in listed.optional} == {"d"}
    midnight = NOON - timedelta(hours=12)
    assert ("KX", "f") in ListedCameras.of(sites, midnight + MINUTE).cameras
