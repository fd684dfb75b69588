"""Saved views by the API: saved, renamed, scheduled and deleted by their user."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.auth.session_cookie import CSRF_HEADER, LOOPBACK_COOKIE
from cloud.auth.users.sessions import csrf_token, start_session
from cloud.database import writing
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import FRIDAY_NOON, ManualClock, open_app_context
from tests.cloud.people import add_account, add_user

VIEWS = "/api/analytics/views"
MORNINGS = {"name": "Mornings", "page": "map", "query": "hour_from=7&hour_until=9"}


class Office:
    """Ann and Bob of one account, and an API key of it."""

    def __init__(self, context: AppContext) -> None:
        self.client = ApiClient(create_app(context, quota=Quota()))
        key = create_key(
            context.engine, Role.ADVERTISER, "robot", by="me", now=FRIDAY_NOON, account="acme"
        )
        with writing(context.engine) as connection:
            acme = add_account(connection, "acme", FRIDAY_NOON)
            users = [add_user(connection, acme, name, FRIDAY_NOON) for name in ("ann", "bob")]
            tokens = [start_session(connection, user.id, FRIDAY_NOON) for user in users]
        self.ann, self.bob = (
            {"cookie": f"{LOOPBACK_COOKIE}={token}", CSRF_HEADER: csrf_token(token)}
            for token in tokens
        )
        self.robot = {"x-api-key": key}

    def ask(self, who: dict, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {**who, "idempotency-key": str(uuid.uuid4())}
        return self.client(method, path, headers=headers, json=body)

    def listed(self, who: dict) -> list[dict]:
        views: list[dict] = self.ask(who, "GET", VIEWS).json()["views"]
        return views


@pytest.fixture
def office(tmp_path) -> Iterator[Office]:
    with open_app_context(tmp_path, ManualClock()) as context:
        yield Office(context)


def test_a_view_is_saved_renamed_shared_and_deleted(office: Office) -> None:
    saved = office.ask(office.ann, "POST", VIEWS, MORNINGS)
    assert saved.status_code == 201, saved.text
    where = saved.headers["location"]
    assert office.listed(office.ann) == [saved.json()]
    assert office.listed(office.bob) == []
    renamed = office.ask(office.ann, "PUT", where, {**MORNINGS, "name": "Early", "shared": True})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Early")
    assert [one["is_own"] for one in office.listed(office.bob)] == [False]
    assert office.ask(office.bob, "PUT", where, MORNINGS).status_code == 403
    assert office.ask(office.bob, "DELETE", where).status_code == 403
    assert office.ask(office.ann, "DELETE", where).status_code == 204
    assert office.listed(office.ann) == []


def test_each_user_schedules_a_shared_view_for_himself(office: Office) -> None:
    view = office.ask(office.ann, "POST", VIEWS, {**MORNINGS, "shared": True}).headers["location"]
    weekly = {"every": "weekly", "day": 1, "hour": 7}
    assert office.ask(office.bob, "PUT", f"{view}/schedule", weekly).json() == weekly
    assert office.listed(office.bob)[0]["schedule"] == weekly
    assert office.listed(office.ann)[0]["schedule"] is None
    assert office.ask(office.robot, "PUT", f"{view}/schedule", weekly).status_code == 422
    assert office.ask(office.bob, "DELETE", f"{view}/schedule").status_code == 204
    assert office.listed(office.bob)[0]["schedule"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {**MORNINGS, "query": "days=0"}),
        ("", {**MORNINGS, "page": "prices"}),
        ("", {**MORNINGS, "name": " "}),
        ("/x/schedule", {"every": "weekly", "day": 8}),
        ("/x/schedule", {"every": "monthly", "day": 29}),
    ],
)
def test_what_cannot_be_shown_or_sent_is_refused(office: Office, path: str, body: dict) -> None:
    answer = office.ask(office.ann, "PUT" if path else "POST", f"{VIEWS}{path}", body)
    assert answer.status_code == 422, answer.text
