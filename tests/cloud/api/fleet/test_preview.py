"""A coarse picture of a camera: asked for, received once, shown for a minute, never stored."""

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import select

from cloud import database
from cloud.auth import audit
from cloud.database import device_status
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import ExecutionStatus, StatusUpdate
from cloud.fleet.shadows import shadow_store
from cloud.fleet.shadows.shadow import ShadowUpdate
from cloud.fleet.shadows.shadow_store import ShadowName
from cloud.fleet.tables import jobs
from edge_agent.management.remote_preview import RemotePreview
from tests.edge_agent.privacy.coarse_pictures import coarse_picture
from wire.fleet.device_config import PRIVACY_SHADOW
from wire.fleet.preview import MAX_BLOCKS

PREVIEW = "/api/fleet/devices/cam-01/preview"
PICTURE = msgspec.structs.replace(coarse_picture(640, 360), device="cam-01")


@pytest.fixture
def camera(ask, fleet, clock):
    """`cam-01` as it reports to the cloud, and what the page shows of it."""

    def report(*, allowed=True, presence="online"):
        stated = {"manifest": {"remote_preview": True} if allowed else {}}
        update = ShadowUpdate({"reported": {"manifest": stated}})
        with database.writing(fleet.engine) as connection:
            shadow_store.update_shadow(
                connection, ShadowName("cam-01", PRIVACY_SHADOW), update, at=clock.now
            )
            values = {"location": "KX-01", "device": "cam-01", "presence": presence}
            connection.execute(device_status.delete().where(device_status.c.device == "cam-01"))
            connection.execute(device_status.insert().values(**values))

    def pending():
        with database.reading(fleet.engine) as connection:
            return job_store.read_pending(connection, "cam-01")

    def answer(status, **details):
        with database.writing(fleet.engine) as connection:
            job_store.update_execution(
                connection, "cam-01", "$next", StatusUpdate(status, details), at=clock.now
            )

    def address():
        with database.reading(fleet.engine) as connection:
            found = job_store.read_document(connection, pending()[0].job)
        return urlsplit(found["url"]).path

    def send(picture=PICTURE, path=None, content=None):
        body = content if content is not None else RemotePreview(lambda: picture).encoded_picture()
        return ask("PUT", path or address(), content=body)

    return SimpleNamespace(
        report=report, pending=pending, answer=answer, address=address, send=send,
        shown=lambda: ask.get(PREVIEW).json(), status=lambda: ask.get(PREVIEW).json()["status"],
    )  # fmt: skip


def test_a_picture_is_asked_for_received_once_and_removed_after_a_minute(ask, camera, fleet, clock):
    camera.report()
    assert camera.status() == "ready"
    asked = ask("POST", PREVIEW)
    assert (asked.status_code, asked.json()["status"]) == (202, "waiting")
    path = camera.address()
    assert camera.send().status_code == 204
    assert camera.send(path=path).status_code == 409
    camera.answer(ExecutionStatus.SUCCEEDED)
    picture = camera.shown()["picture"]
    assert (picture["width"], picture["height"], picture["grey"]) == (32, 18, PICTURE.grey)
    clock.advance(timedelta(seconds=59))
    assert camera.status() == "shown"
    clock.advance(timedelta(seconds=1))
    assert camera.shown()["picture"] is None
    assert camera.send(path=path).status_code == 404


def test_the_database_has_who_asked_and_nothing_of_the_picture(ask, camera, fleet, clock):
    camera.report()
    ask("POST", PREVIEW)
    path = camera.address()
    camera.send()
    camera.answer(ExecutionStatus.SUCCEEDED)
    with database.reading(fleet.engine) as connection:
        entries = str([*audit.read_entries(connection)])
        stored = str([connection.execute(select(table)).all() for table in
                      database.metadata.sorted_tables])  # fmt: skip
    assert "fleet.preview" in entries
    assert path.rpartition("/")[2] not in entries
    assert PICTURE.grey[:24] not in stored


@pytest.mark.parametrize(
    ("reported", "status", "reason"),
    [
        ({"allowed": False}, "not_allowed", "does not allow previews"),
        ({"presence": "offline"}, "offline", "is offline"),
    ],
)
def test_a_camera_that_cannot_answer_is_not_asked(ask, camera, reported, status, reason):
    camera.report(**reported)
    assert camera.status() == status
    refused = ask("POST", PREVIEW)
    assert (refused.status_code, reason in refused.json()["detail"]) == (409, True)
    assert camera.pending() == []


def test_a_camera_that_reported_nothing_is_not_asked(ask, camera):
    shown = camera.shown()
    assert (shown["status"], shown["allowed"]) == ("not_allowed", None)
    assert ask("POST", PREVIEW).status_code == 409


def test_a_refusal_of_the_camera_is_shown_with_its_reason(ask, camera):
    camera.report()
    ask("POST", PREVIEW)
    camera.answer(ExecutionStatus.REJECTED, reason="not allowed on this device")
    shown = camera.shown()
    assert (shown["status"], shown["reason"]) == ("refused", "not allowed on this device")


def test_without_an_answer_in_20_s_the_page_says_so_and_a_late_picture_is_shown(ask, camera, clock):
    camera.report()
    ask("POST", PREVIEW)
    clock.advance(timedelta(seconds=19))
    assert camera.status() == "waiting"
    clock.advance(timedelta(seconds=1))
    assert camera.status() == "no_answer"
    clock.advance(timedelta(seconds=20))
    assert camera.send().status_code == 204
    assert camera.status() == "shown"


def test_a_new_request_replaces_the_old_one_after_ten_seconds(ask, camera, fleet, clock):
    camera.report()
    ask("POST", PREVIEW)
    first = camera.address()
    refused = ask("POST", PREVIEW)
    assert (refused.status_code, "asked less than 10 s ago" in refused.text) == (409, True)
    clock.advance(timedelta(seconds=10))
    assert ask("POST", PREVIEW).status_code == 202
    assert camera.send(path=first).status_code == 404
    assert len(camera.pending()) == 1
    with database.reading(fleet.engine) as connection:
        assert len(connection.execute(select(jobs)).all()) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"width": MAX_BLOCKS + 1, "height": 1}, "not a preview"),
        ({"grey": "AAAA"}, "grey values: expected one for each"),
        ({"device": "cam-02"}, "of another device"),
        ({"jpeg": "/9j/"}, "not a preview"),
        ({"grey": "A" * 4_000}, "at most"),
    ],
)
def test_what_is_finer_or_else_than_a_preview_is_refused(ask, camera, change, reason):
    camera.report()
    ask("POST", PREVIEW)
    fields = {**msgspec.to_builtins(PICTURE), **change}
    refused = camera.send(content=msgspec.json.encode(fields))
    assert (refused.status_code, reason in refused.json()["detail"]) == (422, True)
    assert camera.status() == "waiting"


@pytest.mark.parametrize("path", ["preview-0123456789abcdef", "restart-1", "x"])
def test_an_address_that_was_given_to_no_camera_is_unknown(ask, fleet, path):
    refused = ask("PUT", f"/api/fleet/previews/{path}/{'0' * 32}", content=b"{}")
    assert (refused.status_code, refused.json()["title"]) == (404, "Unknown preview")
