"""A changed sites file replaces the sites of every context; rate cards take effect as before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.app.rate_card_reload import MIN_LEAD, ContextReloader
from cloud.cli.rate_card import put_card
from cloud.sites.reload import CHECK_EVERY_S, SitesFile
from tests.cloud.api.conftest import ApiClient
from tests.cloud.app.conftest import card
from tests.cloud.rates import SITES_FILE


def test_a_changed_sites_file_holds_without_a_restart_and_a_broken_one_does_not(
    context: AppContext, tmp_path: Path
) -> None:
    file, clock_s = tmp_path / "sites.yaml", [0.0]
    file.write_text(SITES_FILE.read_text())
    sites_file = SitesFile(file, steady_clock=lambda: clock_s[0])
    asker = ApiClient(create_app(context, sites_file=sites_file))

    def rewrite(content: str) -> None:
        file.write_text(content)
        clock_s[0] += CHECK_EVERY_S
        asker.app.state.reloader.reload()

    assert asker.get("/api/locations").json()["locations"][0]["id"] == "KX-01"
    rewrite(SITES_FILE.read_text().replace("id: KX-01", "id: KX-77\n    formerly: [KX-01]"))
    assert asker.get("/api/locations").json()["locations"][0]["id"] == "KX-77"
    assert asker.get("/api/audience/KX-01").json()["location"] == "KX-77"
    rewrite("version: 1")
    assert asker.get("/api/locations").json()["locations"][0]["id"] == "KX-77"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "sites.yaml"
    file.write_text(SITES_FILE.read_text())
    return file


@pytest.fixture
def reload(context: AppContext, file: Path) -> Callable[..., AppContext]:
    """The context after a check of the sites file; with `renamed`, KX-01 was renamed before."""
    clock_s = [0.0]
    reloader = ContextReloader(context, sites_file=SitesFile(file, steady_clock=lambda: clock_s[0]))

    def reload(*, renamed: str = "") -> AppContext:
        if renamed:
            content = SITES_FILE.read_text()
            file.write_text(content.replace("id: KX-01", f"id: {renamed}\n    formerly: [KX-01]"))
        clock_s[0] += CHECK_EVERY_S
        reloader.reload()
        reloader.refresh()
        return reloader.context

    return reload


def test_an_unchanged_file_keeps_the_context_and_its_caches(reload) -> None:
    first = reload()
    assert reload() is first


def test_changed_sites_come_with_empty_caches(reload) -> None:
    before = reload()
    forecast = before.forecast(before.sites.location("KX-01"))
    after = reload(renamed="KX-77")
    assert after.forecast_cache is not before.forecast_cache
    assert after.response_cache is not before.response_cache
    assert after.fresh(after.sites.location("KX-77")) is None
    assert before.fresh(before.sites.location("KX-01")) is forecast  # of requests under way


def test_a_card_that_was_scheduled_before_takes_effect_with_the_new_sites(
    context: AppContext, clock, reload
) -> None:
    reload()
    put_card(context.engine, card(20), None, by="ann", clock=clock)
    assert reload().card.version == "reference-2"
    assert reload(renamed="KX-77").card.version == "reference-2"
    clock.advance(MIN_LEAD)
    now = reload()
    assert (now.card.version, now.sites.location("KX-01").id) == ("card-20", "KX-77")


def test_without_a_file_the_sites_never_change(context: AppContext) -> None:
    reloader = ContextReloader(context)
    reloader.reload()
    assert reloader.context is context
