"""Dead letters over HTTP: found, counted, shown inert, replayed and discarded with an entry."""

import json

import pytest
from sqlalchemy import select

from cloud import database
from cloud.app.context import AppContext
from cloud.auth import audit

PATH = "/api/dead-letters"


def actions(context: AppContext) -> list[tuple[str, str, str]]:
    with database.reading(context.engine) as connection:
        audit.verify_chain(connection)
        rows = connection.execute(select(audit.audit_log)).all()
    return [(one.actor, one.action, one.object) for one in rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("?kind=unreadable", [1]),
        ("?device=kx-01-cam-1", [2, 1]),
        ("?location=LB-01", [3]),
        ("?replayed=false", [3, 2, 1]),
        ("?replayed=true", []),
        ("?before=3&limit=1", [2]),
    ],
)
def test_dead_letters_are_found_by_what_is_known_of_them(ask, letters, query, found):
    assert [one["id"] for one in ask.get(PATH + query).json()["dead_letters"]] == found


def test_dead_letters_are_counted_by_kind_and_device(ask, letters):
    counts = ask.get(f"{PATH}/counts").json()
    assert counts["dead_letters"] == 3
    assert {one["kind"]: one["messages"] for one in counts["kinds"]} == {
        "unreadable": 1, "oversize": 1, "unknown": 1,
    }  # fmt: skip
    assert [(one["device"], one["dead_letters"]) for one in counts["devices"]] == [
        ("kx-01-cam-1", 2), ("lb-01-cam-1", 1),
    ]  # fmt: skip


def test_a_payload_is_shown_as_inert_text_of_bounded_length(ask, letters):
    hostile, large = (ask.get(f"{PATH}/{number}").json() for number in (1, 2))
    assert hostile["payload"].endswith('"\\u{202e}\\u{1b}[31m\\xff')
    assert hostile["is_stored_whole"] is True
    assert (large["payload_bytes"], large["shown_bytes"]) == (200_000, 16_384)
    assert large["is_stored_whole"] is False


def test_a_message_is_counted_after_a_fix_once(ask, letters):
    first, again = (ask("POST", f"{PATH}/3/replay").json() for _ in range(2))
    assert (first["counted"], first["outcome"][:17]) == (True, "counted 1 reports")
    assert again["counted"] is False
    assert again["outcome"].startswith("refused: it was replayed at")
    assert ask.get(f"{PATH}?replayed=true").json()["dead_letters"][0]["id"] == 3
    assert actions(letters) == [("api:anonymous, no API keys exist", "dead_letter.replay", "3")]


def test_what_is_refused_again_stays_as_it_was(ask, letters):
    answer = ask("POST", f"{PATH}/1/replay").json()
    assert answer["counted"] is False
    assert answer["outcome"].startswith("refused again: JSON is malformed")
    assert actions(letters) == []


def test_a_discarded_message_is_gone_and_its_reason_is_recorded(ask, letters):
    assert ask("POST", f"{PATH}/1/discard", json={"reason": ""}).status_code == 422
    assert ask("POST", f"{PATH}/1/discard", json={"reason": "a test"}).json() == {"id": 1}
    assert ask.get(f"{PATH}/1").json()["title"] == "Unknown dead letter"
    assert ask("POST", f"{PATH}/1/replay").status_code == 404
    assert [action for _, action, _ in actions(letters)] == ["dead_letter.discard"]
    with database.reading(letters.engine) as connection:
        details = connection.execute(select(audit.audit_log.c.details)).scalar_one()
    assert json.loads(details)["reason"] == "a test"
