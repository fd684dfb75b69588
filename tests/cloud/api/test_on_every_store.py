"""The API over measured data on SQLite, PostgreSQL, and PostgreSQL with Redis: the same answers.

Two processes serve one database. With Redis both are given its URL; the commands never are.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, delete, func, select, update

from cloud import database
from cloud.__main__ import main
from cloud.api.application import create_app
from cloud.app.change_log import ChangeLog
from cloud.app.context import AppContext, ForecastCache
from cloud.app.recent_coverage import RecentCoverage, read_recent_coverage
from cloud.app.shared.redis_store import RedisStore
from cloud.app.shared.shared_store import LocalStore
from cloud.cli import override, publish
from cloud.lru_cache import LruCache
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app_context import ManualClock
from tests.cloud.databases import create_tables
from tests.cloud.rates import CARD, SITES_FILE, sites
from tests.cloud.redis_server import RedisServer

SLOT = "2026-11-23T08:00"
PRICE = f"/api/pricing/slot/KX-01/{SLOT}"
INVENTORY = f"/api/inventory?time_slot={SLOT}&location=KX-01"
STORES = ("sqlite", "postgresql", "postgresql+redis")


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@dataclass
class Installation:
    """Two processes on one database, one of whose places has been measured for three weeks."""

    url: str
    clock: ManualClock
    contexts: list[AppContext]

    def __post_init__(self) -> None:
        self.askers = [ApiClient(create_app(context)) for context in self.contexts]

    @property
    def engine(self) -> Engine:
        return self.contexts[0].engine

    def run(self, *words: str) -> int:
        """A command on this database, without any Redis."""
        where = ["--database", self.url, "--sites", str(SITES_FILE)]
        return main([words[0], *where, *words[1:]])

    def refresh(self) -> None:
        """What each process does every second."""
        for asker in self.askers:
            asker.app.state.reloader.refresh()

    def price(self, of: int = 0) -> Decimal:
        return Decimal(self.askers[of].get(PRICE).json()["price"])


@pytest.fixture(params=STORES)
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock, monkeypatch
) -> Iterator[Installation]:
    monkeypatch.delenv("ONLOOKER_REDIS_URL", raising=False)
    url = f"sqlite:///{tmp_path}/onlooker.db"
    if request.param != "sqlite":
        url = request.getfixturevalue("postgresql")
    engine = database.connect(url)
    create_tables(engine)
    measure(engine, clock)
    shared = [LocalStore(), LocalStore()]
    if request.param.endswith("redis"):
        redis_url = request.getfixturevalue("redis_server").url
        shared = [RedisStore(redis_url, of=str(tmp_path)) for _ in range(2)]
    first = AppContext(engine, sites(), CARD, clock, shared[0])
    more = {
        "forecast_cache": ForecastCache(),
        "response_cache": LruCache(99),
        "change_log": ChangeLog(),
    }
    yield Installation(url, clock, [first, replace(first, shared=shared[1], **more)])
    for each in shared:
        each.close()
    engine.dispose()


def measure(engine: Engine, clock: ManualClock) -> None:
    """Three weeks of one camera at KX-01, with ages and genders in the last day."""
    now = int(clock.now.timestamp())
    hours = [
        {
            "location": "KX-01", "device": "kx-01-cam-1", "hour_at": now - 3600 * age,
            "reports": 360, "interval_ms": 3_600_000, "observed_ms": 3_600_000,
            "entries": 100 + age % 37, "visits": 100, "onlookers": 30, "dwell_06": 100,
            "dwell_ms": 1_300_000, "attention_03": 90, "attention_05": 10,
            "looking_ms": 160_000 + 977 * (age % 24), "person_ms": 1_400_000,
        }
        for age in range(1, 3 * 168)
    ]  # fmt: skip
    minutes = [
        {
            "location": "KX-01", "device": "kx-01-cam-1", "minute_at": now - 60 * age,
            "reports": 6, "interval_ms": 60_000, "observed_ms": 60_000, "entries": 2, "visits": 2,
            "onlookers": 1, "dwell_06": 2, "dwell_ms": 26_000, "person_ms": 26_000,
        }
        for age in range(1, 120)
    ]  # fmt: skip
    people = [
        {
            "location": "KX-01", "device": "kx-01-cam-1", "minute_at": now - 60 * age,
            "age": "25-34", "gender": "female", "visits": 2, "onlookers": 1,
        }
        for age in range(1, 120)
    ]  # fmt: skip
    touched = {"location": "KX-01", "changed_at": clock.now, "minute_at": now - 60}
    with database.writing(engine) as connection:
        connection.execute(database.hour_tallies.insert(), hours)
        connection.execute(database.minute_tallies.insert(), minutes)
        connection.execute(database.minute_demographics.insert(), people)
        connection.execute(database.location_updates.insert(), touched)


@pytest.fixture
def booked(tmp_path: Path) -> Callable[..., Path]:
    def booked(positions: int) -> Path:
        file = tmp_path / "occupancy.csv"
        rows = f"KX-01,{SLOT},{positions},,,,\n"
        file.write_text(f"location,time_slot,booked,class,fare,mean,deviation\n{rows}")
        return file

    return booked


def test_positions_sold_by_a_command_without_redis_are_not_sold_again(store: Installation, booked):
    before = [asker.get(INVENTORY).json()["screens"][0]["imp"] for asker in store.askers]
    assert all(before)
    assert store.run("occupancy", "load", str(booked(6))) == 0
    store.refresh()
    after = [asker.get(INVENTORY).json()["screens"][0]["imp"] for asker in store.askers]
    brief = {"budget": "500.00", "from": "2026-11-23", "until": "2026-11-24",
             "locations": ["KX-01"], "dayparts": [{"from_hour": 8, "to_hour": 9}]}  # fmt: skip
    plans = [asker("POST", "/api/pricing/optimize", json=brief) for asker in store.askers]

    assert after == [[], []]
    assert all(not plan.json().get("lines") for plan in plans)


def test_a_price_set_and_withdrawn_by_a_command_holds_in_every_process(
    store: Installation, monkeypatch, capsys
):
    opened = override.open_context
    monkeypatch.setattr(
        override,
        "open_context",
        lambda given, **how: replace(opened(given, **how), clock=store.clock),
    )
    before = [store.price(0), store.price(1)]
    assert store.run("override", "set", "KX-01", SLOT, "45.67", "--reason", "agreed") == 0
    store.refresh()
    assert [store.price(0), store.price(1)] == [Decimal("45.67")] * 2
    assert store.run("override", "withdraw", "KX-01", SLOT) == 0
    store.refresh()
    assert [store.price(0), store.price(1)] == before


def test_prices_published_by_a_command_are_followed_by_every_process(
    store: Installation, monkeypatch, capsys
):
    opened = publish.open_context
    monkeypatch.setattr(
        publish,
        "open_context",
        lambda given, **how: replace(opened(given, **how), clock=store.clock),
    )
    assert store.run("publish") == 0
    store.clock.advance(timedelta(days=1))
    for of in (0, 1):
        store.price(of)
    store.refresh()
    document = [asker.get(PRICE).json()["versions"]["published_on"] for asker in store.askers]

    assert document == ["2026-11-20"] * 2


def test_a_measured_forecast_is_made_once_for_both_and_says_the_same(
    store: Installation, monkeypatch, caplog
):
    made = []
    honest = AppContext._compute_forecast
    monkeypatch.setattr(
        AppContext, "_compute_forecast", lambda self, *of: made.append(of) or honest(self, *of)
    )
    with caplog.at_level(logging.WARNING):
        prices = [asker.get(PRICE) for asker in store.askers]
        screens = [asker.get(INVENTORY) for asker in store.askers]

    assert prices[0].json()["basis"]["kind"] == "measured"
    assert prices[0].content == prices[1].content
    assert screens[0].content == screens[1].content
    is_redis = isinstance(store.contexts[0].shared, RedisStore)
    assert len(made) == (1 if is_redis else 2)
    assert [one for one in caplog.records if "unreadable" in one.message] == []
    assert "onlooker_kept_forecasts_unreadable_total 0.0" in store.askers[0].get("/metrics").text


def test_whole_numbers_are_written_as_whole_numbers(store: Installation):
    screen = store.askers[0].get(INVENTORY).json()["screens"][0]
    shown = screen["imp"][0]["ext"]["onlooker"]
    assert shown["visits"] == 503 * 100
    assert isinstance(shown["visits"], int)
    for path in ("/api/audience/KX-01", "/api/audience?by=age&by=gender", PRICE):
        assert strings_of_digits(store.askers[0].get(path).json()) == [], path


def test_a_price_says_how_well_its_place_was_observed(store: Installation):
    document = store.askers[0].get(PRICE).json()["basis"]
    elsewhere = store.askers[0].get(PRICE.replace("KX-01", "LB-01")).json()["basis"]

    assert (document["cameras_expected"], document["cameras_reporting"]) == (1, 1)
    assert document["observed_share"] == 1.0
    assert (elsewhere["cameras_reporting"], elsewhere["observed_share"]) == (0, 0.0)
    site = msgspec.structs.replace(
        store.contexts[0].sites.location("KX-01"), listed_cameras=("kx-01-cam-1", "kx-01-cam-2")
    )
    with database.reading(store.engine) as connection:
        assert read_recent_coverage(connection, site, store.clock.now) == RecentCoverage(
            2, 1, 0.5, store.clock.now
        )


def test_a_price_says_how_old_the_newest_data_are_whatever_hours_the_forecast_uses(
    store: Installation,
):
    document = store.askers[0].get(PRICE).json()["basis"]
    elsewhere = store.askers[0].get(PRICE.replace("KX-01", "LB-01")).json()["basis"]
    assert document["data_age_s"] == 0
    assert datetime.fromisoformat(document["newest_data_at"]) == store.clock.now
    assert (
        datetime.fromisoformat(document["cutoff_at"]) < store.clock.now
    )  # as of the last midnight
    assert (elsewhere["newest_data_at"], elsewhere["data_age_s"]) == (None, None)

    minutes, hours = database.minute_tallies.c, database.hour_tallies.c
    with database.writing(store.engine) as connection:
        offline = minutes.minute_at >= store.clock.now.timestamp() - 1200
        connection.execute(update(database.minute_tallies).where(offline).values(observed_ms=0))
    store.clock.advance(timedelta(minutes=16))
    assert store.askers[0].get(PRICE).json()["basis"]["data_age_s"] == 1200 + 16 * 60

    site = store.contexts[0].sites.location("KX-01")
    with database.writing(store.engine) as connection:  # after the minutes' retention time
        connection.execute(delete(database.minute_tallies))
        last = connection.execute(select(func.max(hours.hour_at))).scalar_one()
    with database.reading(store.engine) as connection:
        newest_at = read_recent_coverage(connection, site, store.clock.now).newest_at
    assert newest_at == datetime.fromtimestamp(last + 3600, UTC)


def test_every_sum_of_a_query_is_an_int(store: Installation):
    hours = database.hour_tallies.c
    with database.reading(store.engine) as connection:
        row = connection.execute(
            select(*(database.total(hours[name]) for name in database.SUMS))
        ).one()
    assert {type(one) for one in row} == {int}


def test_a_kept_forecast_that_cannot_be_read_is_logged_counted_and_replaced(
    store: Installation, monkeypatch, caplog
):
    monkeypatch.setattr(store.contexts[0].shared, "get", lambda key: b"\x00")
    with caplog.at_level(logging.WARNING):
        assert store.askers[0].get(PRICE).status_code == 200

    assert "forecasts.unreadable" in [one.message for one in caplog.records]
    assert "onlooker_kept_forecasts_unreadable_total 1.0" in store.askers[0].get("/metrics").text


def strings_of_digits(document: object) -> list[str]:
    """Numbers that were written as text, where no money and no factor is meant."""
    if isinstance(document, dict):
        skipped = {"price", "price_p10", "price_p90", "base_rate", "value", "time_slot"}
        return [
            x for key, one in document.items() if key not in skipped for x in strings_of_digits(one)
        ]
    if isinstance(document, list):
        return [found for one in document for found in strings_of_digits(one)]
    return (
        [document]
        if isinstance(document, str) and json.dumps(document).strip('"').isdigit()
        else []
    )
