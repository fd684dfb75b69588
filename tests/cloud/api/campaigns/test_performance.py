"""Performance of a campaign: totals to the unit, unknown figures null, live events shared."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cloud.api.campaigns import performance
from cloud.api.campaigns.listing import read_campaign
from cloud.api.campaigns.performance import stream_events
from cloud.app import campaign_figures
from cloud.app.campaign_figures import CampaignFigures
from cloud.auth.access import Caller
from tests.cloud.api.campaigns.conftest import WINTER, CampaignApi

ACME = Caller("acme", "acme", sees_all=False)


def test_figures_are_those_that_were_measured_and_the_rest_is_said_to_be_unknown(
    api: CampaignApi,
) -> None:
    found = api.get(f"/api/campaigns/{WINTER}/performance?by=creative&value_per_thousand=100")
    assert found.status_code == 200, found.text
    totals = found.json()["totals"]
    assert (totals["plays"], totals["booked_plays"], totals["unknown_plays"]) == (30, 120, 60)
    assert (totals["ots"]["value"], totals["ots"]["low"]) == (75, 75)
    assert totals["ots"]["high"] > 75
    assert totals["measured"]["cost_per_thousand"] == "8.00"  # 60 pence for 75 people
    assert totals["measured"]["priced_share"] == 0.5
    assert totals["price"] == "1.20"
    assert totals["observed_share"] == pytest.approx(300 / 900, abs=0.001)
    assert found.json()["roi"]["value"] == "5.25"  # 7.50 for 1.20
    (part,) = found.json()["parts"]
    assert (part["key"], part["plays"]) == ("a", 30)
    assert found.json()["demographics"] is None
    assert not found.json()["is_final"]


def test_the_history_adds_up_to_the_totals(api: CampaignApi) -> None:
    hours = api.get(f"/api/campaigns/{WINTER}/history?step=hour").json()["steps"]
    (day,) = api.get(f"/api/campaigns/{WINTER}/history").json()["steps"]
    assert [one["starts_at"] for one in hours] == ["2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z"]
    assert sum(one["booked_plays"] for one in hours) == day["booked_plays"] == 120
    assert [one["plays"] for one in hours] == [30, 0]
    assert hours[1]["ots"] is None  # nothing is known: not zero


def test_viewers_of_a_campaign_share_a_computation_for_five_seconds(api: CampaignApi) -> None:
    figures, computed = CampaignFigures(), []
    campaign = read_campaign(api.context, WINTER, ACME)

    def compute(*of: Any) -> Any:
        computed.append(of)
        return campaign_figures.compute_performance(*of)

    started_at = api.clock.now
    for seconds in (0, 4, 5, 9):
        api.clock.now = started_at + timedelta(seconds=seconds)
        figures.read(api.context, campaign, compute)
    api.clock.now = started_at
    assert len(computed) == 2


def test_live_figures_are_sent_every_five_seconds_until_the_flight_ends(api: CampaignApi) -> None:
    app, paused = api.client.app, []
    request: Any = SimpleNamespace(app=app, headers={}, scope={})
    api.clock.now -= timedelta(seconds=7)

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        api.clock.advance(timedelta(seconds=seconds))

    async def collect() -> list[str]:
        first = performance._read(request, WINTER, ACME)
        events: AsyncIterator[str] = stream_events(request, WINTER, ACME, first, pause)
        return [event async for event in events]

    *sent, last = asyncio.run(collect())
    api.clock.now -= timedelta(seconds=3)
    assert paused == [5.0, 5.0]
    assert [event.partition("\n")[0] for event in sent] == ["event: performance"] * 3
    assert json.loads(sent[0].partition("data: ")[2])["totals"]["plays"] == 30
    assert last.startswith("event: closing\n")


def test_live_figures_end_for_a_client_that_reads_nothing_and_viewers_are_limited(
    api: CampaignApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = CampaignFigures()

    async def events() -> AsyncIterator[str]:
        while True:
            yield "event: performance\n\n"

    async def never(message: Any) -> None:
        if message["type"] == "http.response.body":
            assert figures.viewers == 1
            await asyncio.Event().wait()

    async def run() -> None:
        response = performance.FigureStream(performance.count_viewer(figures, events()))
        await response.stream_response(never)
        await response.body_iterator.aclose()  # type: ignore[union-attr]

    monkeypatch.setattr(performance, "SEND_TIMEOUT_S", 0.0)
    asyncio.run(run())
    assert figures.viewers == 0
    monkeypatch.setattr(
        api.client.app.state.campaign_figures, "viewers", performance.MAX_SUBSCRIBERS
    )
    assert api.get(f"/api/campaigns/{WINTER}/live").status_code == 503
