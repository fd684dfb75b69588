"""An API over a database of its own, asked without a network."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cloud import database
from cloud.__main__ import main
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.cli import override as override_command
from cloud.cli import rate_card, serve
from tests.cloud.databases import new_database
from tests.cloud.rates import CARD, CARD_FILE, SITES_FILE, sites

FRIDAY_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Watch:
    """A clock that goes only when told to."""

    now: datetime = FRIDAY_NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Asker:
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
def watch() -> Watch:
    return Watch()


@pytest.fixture
def context(tmp_path: Path, watch: Watch) -> Iterator[AppContext]:
    engine = database.connect(f"sqlite:///{tmp_path / 'onlooker.db'}")
    database.create(engine)
    yield AppContext(engine, sites(), CARD, watch)
    engine.dispose()


@pytest.fixture
def ask(context: AppContext) -> Asker:
    return Asker(create_app(context))


@pytest.fixture
def override(tmp_path: Path, watch, monkeypatch):
    """Runs `override ...` on the context's own database at the context's own time; its status."""
    contexts = override_command.open_context

    def open_now(arguments, **how):
        found = contexts(arguments, **how)
        return AppContext(found.engine, found.estate, found.card, watch)

    monkeypatch.setattr(override_command, "open_context", open_now)
    where = ["--database", new_database(tmp_path)]
    return lambda *words: main(["override", *where, *words])
