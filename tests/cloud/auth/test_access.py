"""Which callers may send a request; access is checked before anything else."""

import logging
from datetime import timedelta

import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth.keys import Role, create_key, list_keys, revoke_key
from cloud.auth.quota import Quota

LOCATIONS = "/api/locations"
AUDIENCE = "/api/audience/KX-01"
PRICE = "/api/pricing/slot/KX-01/2026-11-23T08:00"
FORECAST = "/api/pricing/forecast/KX-01"
BATCH = "/api/pricing/batch"
METRICS = "/metrics"
ALERTS = "/api/alerts"
BREAKDOWN = "/api/audience?by=venue_type"
DEMOGRAPHICS = "/api/demographics"
MEASURED = {AUDIENCE, BREAKDOWN, DEMOGRAPHICS, ALERTS}
EVERYTHING = [LOCATIONS, *sorted(MEASURED), PRICE, FORECAST, METRICS]
DOORS = {
    Role.SALES: {LOCATIONS, *MEASURED, PRICE, FORECAST},
    Role.ADVERTISER: {LOCATIONS, PRICE, FORECAST},
    Role.AGENCY: {LOCATIONS, PRICE, FORECAST},
    Role.FINANCE: {LOCATIONS},
    Role.PRICING: {LOCATIONS},
    Role.OPERATIONS: {LOCATIONS, *MEASURED, METRICS},
    Role.ADMIN: set(EVERYTHING),
}


@pytest.fixture
def locked(ask, context: AppContext):
    ask.app = create_app(context, quota=Quota(questions=5, period=timedelta(hours=1)))
    return ask


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "onl_000000000000_" + "A" * 43},
        {"x-api-key": "' OR 1=1 --"},
        {"x-api-key": "x" * 20_000},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer nobody"},
    ],
)
def test_nobody_in_particular_gets_nothing(locked, path: str, shown: dict[str, str]):
    answer = locked.get(path, headers=shown)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["title"] == "Unauthenticated"


def test_a_batch_needs_a_key_before_its_body_is_looked_at(locked):
    assert locked("POST", BATCH, json={"nonsense": True}).status_code == 401


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("path", EVERYTHING)
def test_a_key_opens_the_doors_of_its_role_and_no_other(
    locked, context: AppContext, clock, role: Role, path: str
):
    key = create_key(context.engine, role, "a test", by="me", now=clock.now)

    assert locked.get(path, headers={"x-api-key": key}).status_code == (
        200 if path in DOORS[role] else 403
    )


def test_health_and_pages_need_no_key(locked):
    for path in ("/healthz", "/readyz", "/", "/docs", "/openapi.json"):
        assert locked.get(path).status_code == 200


def test_the_same_key_works_as_a_bearer_token(locked, context: AppContext, clock):
    key = create_key(context.engine, Role.SALES, "a test", by="me", now=clock.now)

    assert locked.get(PRICE, headers={"authorization": f"Bearer {key}"}).status_code == 200


def test_a_revoked_key_is_forgotten_within_half_a_minute(locked, context: AppContext, clock):
    key = {"x-api-key": create_key(context.engine, Role.SALES, "a test", by="me", now=clock.now)}
    locked.get(LOCATIONS, headers=key)
    revoke_key(context.engine, list_keys(context.engine)[0].id, by="me", now=clock.now)
    clock.advance(timedelta(seconds=30))

    assert locked.get(LOCATIONS, headers=key).status_code == 401


def test_a_key_ends_when_it_expires_even_while_it_is_believed(locked, context: AppContext, clock):
    ends_at = clock.now + timedelta(seconds=10)
    key = create_key(
        context.engine, Role.SALES, "a test", by="me", now=clock.now, expires_at=ends_at
    )
    before = locked.get(LOCATIONS, headers={"x-api-key": key})
    clock.advance(timedelta(seconds=10))
    after = locked.get(LOCATIONS, headers={"x-api-key": key})

    assert (before.status_code, after.status_code) == (200, 401)


def test_the_requests_of_a_key_are_limited_and_answers_show_the_limit(
    locked, context: AppContext, clock
):
    key = {"x-api-key": create_key(context.engine, Role.SALES, "a test", by="me", now=clock.now)}
    answers = [locked.get(LOCATIONS, headers=key) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"key";q=5;w=3600'
    assert answers[0].headers["ratelimit"] == '"key";r=4;t=720'
    assert answers[5].headers["retry-after"] == "720"
    assert answers[5].headers["ratelimit"] == '"key";r=0;t=3600'
    clock.advance(timedelta(seconds=720))
    assert locked.get(LOCATIONS, headers=key).status_code == 200


def test_the_requests_of_one_key_do_not_count_against_another(locked, context: AppContext, clock):
    keys = [create_key(context.engine, Role.SALES, name, by="me", now=clock.now) for name in "ab"]
    for _ in range(6):
        locked.get(LOCATIONS, headers={"x-api-key": keys[0]})

    assert locked.get(LOCATIONS, headers={"x-api-key": keys[1]}).status_code == 200


def test_no_key_is_stored_or_logged(locked, context: AppContext, clock, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    key = create_key(context.engine, Role.SALES, "a test", by="me", now=clock.now)
    locked.get(LOCATIONS, headers={"x-api-key": key})
    secret = key.rsplit("_", 1)[-1] if key.count("_") == 2 else key[17:]

    assert secret not in caplog.text
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.glob("onlooker.db*"))
