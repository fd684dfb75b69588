"""An API over its own database, called without a network."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from cloud.__main__ import main
from cloud.api.application import create_app
from cloud.app import broadcaster
from cloud.app.context import AppContext
from cloud.cli import override as override_command
from cloud.cli import rate_card, serve
from cloud.ingest.commit import commit
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from tests.cloud.app_context import ManualClock, open_app_context
from tests.cloud.databases import new_database
from tests.cloud.rates import CARD, CARD_FILE, SITES_FILE, sites
from wire.audience import AudienceReport
from wire.envelope import audience_event, encode_event


@dataclass
class ApiClient:
    """Asks the application as a client on the network would."""

    app: FastAPI

    def __call__(self, method: str, path: str, **options: object) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                return await client.request(method, path, **options)  # type: ignore[arg-type]

        return asyncio.run(ask())

    def get(self, path: str, **options: object) -> httpx.Response:
        return self("GET", path, **options)


@pytest.fixture(autouse=True)
def _rates_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands and servers that are started without files of their own use the tests' files."""
    monkeypatch.setenv("ONLOOKER_SITES", str(SITES_FILE))
    monkeypatch.setattr(serve, "REFERENCE", CARD_FILE)
    monkeypatch.setattr(rate_card, "REFERENCE_CARD", CARD)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def context(tmp_path: Path, clock: ManualClock) -> Iterator[AppContext]:
    with open_app_context(tmp_path, clock) as context:
        yield context


@pytest.fixture
def ask(context: AppContext) -> ApiClient:
    return ApiClient(create_app(context))


@pytest.fixture
def override(tmp_path: Path, clock, monkeypatch):
    """Runs `override ...` on the context's own database at the context's own time; its status."""
    contexts = override_command.open_context

    def open_now(arguments, **how):
        found = contexts(arguments, **how)
        return AppContext(found.engine, found.sites, found.card, clock)

    monkeypatch.setattr(override_command, "open_context", open_now)
    where = ["--database", new_database(tmp_path)]
    return lambda *words: main(["override", *where, *words])


@pytest.fixture
def live_context(engine: Engine, clock: ManualClock) -> AppContext:
    """On SQLite and on PostgreSQL."""
    return AppContext(engine, sites(), CARD, clock)


@pytest.fixture
def short_live_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcaster, "READ_EVERY_S", 0.05)
    monkeypatch.setattr("cloud.windows.changes.ALERTS_EVERY", timedelta(0))


@pytest.fixture
def count_reports(
    live_context: AppContext, clock: ManualClock, report: Callable[..., AudienceReport]
) -> Callable[..., None]:
    """Validates and counts reports of a location that start some minutes ago, as ingest does."""
    numbers = iter(range(1, 100_000))

    def count_reports(location: str, *minutes_ago: int, visits: int = 2) -> None:
        device = f"{location.lower()}-cam-1"
        topic = f"onlooker/v1/{location}/{device}/audience"
        results = []
        for ago in minutes_ago:
            starts_at = clock.now - timedelta(minutes=ago)
            one = report(
                next(numbers), location=location, device=device, visits=visits, starts_at=starts_at
            )
            delivery = Delivery(topic, encode_event(audience_event(one)))
            results += validate(delivery, is_listed=lambda *_: True, now=clock.now)
        commit(live_context.engine, results, clock.now)

    return count_reports
