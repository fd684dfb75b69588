"""Certificates over HTTP: the days that are left, what is being renewed, and what is unknown."""

from datetime import timedelta

from cloud import database
from cloud.app.context import AppContext
from cloud.fleet.history import Author
from cloud.fleet.registry import devices

PATH = "/api/fleet/certificates"
DAY = timedelta(days=1)


def test_certificates_are_listed_by_the_days_that_are_left(ask, fleet: AppContext, clock):
    author = Author("ca", clock.now)
    with database.writing(fleet.engine) as connection:
        devices.record_certificate(connection, "cam-02", "2b", clock.now + 3 * DAY, author)
        devices.record_certificate(connection, "cam-03", "3c", clock.now + 20 * DAY, author)
    renewal = {"document": {"operation": "renew"}, "target": {"device": "cam-02"}, "apply": True}
    job = ask("POST", "/api/fleet/jobs", json=renewal).json()["job"]

    answer = ask.get(PATH).json()
    found = answer["certificates"]
    assert [(one["device"], one["state"], one["renewal_job"]) for one in found] == [
        ("cam-02", "late", job), ("cam-03", "valid", None), ("cam-01", "unknown", None),
    ]  # fmt: skip
    assert answer["counts"] == {"expired": 0, "late": 1, "due": 0, "valid": 1, "unknown": 1}
    assert found[0]["days_left"] == 3.0
    only = ask.get(f"{PATH}?state=late&state=unknown&limit=1").json()
    assert ([one["device"] for one in only["certificates"]], only["next"]) == (["cam-02"], 1)
