"""Cameras over HTTP: listed, registered, updated, retired; every change is in both audit logs."""

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.auth import audit

THINGS = "/api/fleet/devices"


def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["devices"]]


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("", ["cam-01", "cam-02", "cam-03"]),
        ("?location=KX-01", ["cam-01", "cam-02"]),
        ("?group=canary", ["cam-01"]),
        ("?attribute=lens=tele", ["cam-02", "cam-03"]),
        ("?attribute=lens=tele&location=OX-02", ["cam-03"]),
        ("?presence=online", []),
        ("?drifting=true", []),
    ],
)
def test_cameras_are_found_by_what_is_known_of_them(ask, fleet: AppContext, question, meant):
    assert names(ask.get(THINGS + question)) == meant


def test_pages_hold_every_camera_once(ask, fleet: AppContext):
    first = ask.get(THINGS + "?limit=2")
    second = ask.get(f"{THINGS}?limit=2&after={first.json()['next']}")

    assert names(first) + names(second) == ["cam-01", "cam-02", "cam-03"]
    assert second.json()["next"] is None


def test_a_page_that_is_just_full_has_no_next(ask, fleet: AppContext):
    assert ask.get(THINGS + "?limit=3").json()["next"] is None


def test_a_camera_is_taken_in_once(ask, fleet: AppContext):
    new = {"name": "cam-04", "location": "OX-02", "attributes": {"lens": "wide"}, "groups": ["a"],
           "force": True}  # fmt: skip

    made = ask("POST", THINGS, json=new)
    again = ask("POST", THINGS, json=new)

    assert made.status_code == 201
    assert made.json()["groups"] == ["a"]
    assert made.json()["config"] == {}
    assert again.status_code == 409
    assert "PATCH" in again.json()["detail"]


def test_a_location_that_the_sites_file_does_not_list_is_taken_by_force_alone(
    ask, fleet: AppContext
):
    new = {"name": "cam-04", "location": "KX-1"}
    for answer in (ask("POST", THINGS, json=new),
                   ask("PATCH", f"{THINGS}/cam-01", json={"location": "KX-1"})):  # fmt: skip
        assert answer.status_code == 422
        assert (
            "location KX-1 is not in the sites file, which lists KX-01" in answer.json()["detail"]
        )
    made = ask("POST", THINGS, json={**new, "force": True})
    assert (made.status_code, made.json()["in_sites_file"]) == (201, False)


def test_each_device_shows_whether_the_sites_file_lists_it(ask, fleet: AppContext):
    ask("POST", THINGS, json={"name": "kx-01-cam-1", "location": "KX-01"})
    listed = {one["name"]: one["in_sites_file"] for one in ask.get(THINGS).json()["devices"]}
    assert listed == {"cam-01": False, "cam-02": False, "cam-03": False, "kx-01-cam-1": True}


def test_a_correction_leaves_alone_what_it_does_not_name(ask, fleet: AppContext):
    changed = ask(
        "PATCH",
        f"{THINGS}/cam-01",
        json={"attributes": {"lens": None, "height_m": "3.2"}, "groups": ["west", "canary"]},
    ).json()

    assert changed["location"] == "KX-01"
    assert changed["attributes"] == {"height_m": "3.2"}
    assert changed["groups"] == ["canary", "west"]
    assert ask("PATCH", f"{THINGS}/cam-01", json={"groups": []}).json()["groups"] == []


def test_a_retired_camera_is_gone_but_for_its_history(ask, fleet: AppContext):
    gone = ask("DELETE", f"{THINGS}/cam-02").json()
    assert "ca revoke --dir CA --name cam-02" in gone["next_step"]

    assert ask.get(f"{THINGS}/cam-02").status_code == 404
    assert ask("DELETE", f"{THINGS}/cam-02").status_code == 404
    lines = ask.get("/api/fleet/audit?device=cam-02").json()["entries"]
    assert [line["event"] for line in lines] == ["device.retired", "device.registered"]


def test_every_change_says_who_made_it_in_a_log_that_shows_tampering(ask, fleet: AppContext):
    ask("PATCH", f"{THINGS}/cam-03", json={"location": "KX-01"})

    with database.reading(fleet.engine) as connection:
        last = audit.verify_chain(connection)
    assert last is not None
    assert (last.action, last.object) == ("fleet.change", "cam-03")
    assert last.actor == "api:anonymous, no API keys exist"
    assert ask.get("/api/fleet/audit").json()["entries"][0]["who"] == last.actor


def test_a_refused_change_leaves_no_trace(ask, fleet: AppContext):
    bad = {"attributes": {"a name with spaces": "x"}, "location": "LB-01"}
    with database.reading(fleet.engine) as connection:
        before = audit.verify_chain(connection)

    assert ask("PATCH", f"{THINGS}/cam-01", json=bad).status_code == 422
    assert ask.get(f"{THINGS}/cam-01").json()["location"] == "KX-01"
    with database.reading(fleet.engine) as connection:
        assert audit.verify_chain(connection) == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", THINGS, {"name": "../etc", "location": "KX-01"}),
        ("POST", THINGS, {"name": "cam\n", "location": "KX-01"}),
        ("POST", THINGS, {"name": "x" * 64, "location": "KX-01"}),
        ("POST", THINGS, {"name": "cam-9", "location": "KX-01", "admin": True}),
        ("POST", THINGS, {"name": "cam-9", "location": "KX-01", "attributes": {"a": "x" * 900}}),
        ("PATCH", f"{THINGS}/cam-01", {"location": "a/b"}),
        ("GET", f"{THINGS}?attribute=nothing", None),
        ("GET", f"{THINGS}?limit=0", None),
        ("GET", f"{THINGS}/cam%2F01%23", None),
    ],
)
def test_nonsense_is_refused_with_a_sentence(ask, fleet: AppContext, method, path, body):
    answer = ask(method, path, json=body)

    assert answer.status_code in (404, 422)
    assert answer.json()["detail"]
