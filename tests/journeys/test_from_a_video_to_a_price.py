"""The main job, whole: drawn scene → agent → Mosquitto → stream → API → explained price."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import prod

import pytest

SEEN_S = 1.0  # a face that shows for longer is a visit
ENGAGED_S = 1.5  # somebody who looks for longer is an onlooker, by the agent's rule of one second
# The default holds times of fewer than five visits back; where the clip meets a five-minute
# boundary that would leave some out. The people are drawn, so exact times may be reported.
AGENT_SETTINGS = "[privacy]\nsmallest_cell = 1\n"
HISTORY_D = 9  # each hour of the week at least once
OBSERVED_RATIO = 0.95  # of the clip: by then every report is counted


@pytest.mark.broker
@pytest.mark.slow
def test_what_the_camera_saw_becomes_a_price(
    scene, cloud, processes, eventually, mosquitto, tmp_path
):
    began_at = datetime.now(UTC)
    cloud.start_stream()
    cloud.start_api()
    history = ["--days", str(HISTORY_D), "--until", (began_at - timedelta(hours=1)).isoformat()]
    processes.run(
        "footfall",
        ["simulators", "footfall", "--location", "KX-01", *history, "--broker", mosquitto.url],
    )
    settings = tmp_path / "agent.toml"
    settings.write_text(AGENT_SETTINGS)
    processes.run(
        "camera",
        [
            *("edge_agent", "run", "--source", str(scene.clip), "--speed", "max"),
            *("--location", "KX-01", "--device", "kx-01-cam-1", "--broker", mosquitto.url),
            *("--outbox", str(tmp_path / "outbox.db"), "--config", str(settings)),
        ],
    )
    counted = eventually(
        lambda: counts_since(cloud, began_at, whole_s=scene.truth["seconds"]),
        what="the reports of the whole clip",
        processes=processes,
    )

    seen = [person for person in scene.people if person["face_visible_s"] >= SEEN_S]
    looked = [person for person in scene.people if person["attention_s"] >= ENGAGED_S]
    assert abs(counted["visits"] - len(seen)) <= 1
    assert abs(counted["onlookers"] - len(looked)) <= 1
    attention_s = sum(person["attention_s"] for person in scene.people)
    assert counted["attention_s"] == pytest.approx(attention_s, rel=0.2)
    assert counted["entries"] == counted["visits"]

    slot = "/api/pricing/slot/KX-01/2026-11-23T08:00"
    quote = eventually(lambda: cloud.ask(slot), what="the price", processes=processes)
    assert quote["currency"] == "GBP"
    assert all(factor["reason"] for factor in quote["factors"])
    product = prod(
        (Decimal(factor["value"]) for factor in quote["factors"]), start=Decimal(quote["base_rate"])
    )
    assert abs(Decimal(quote["price"]) - product) <= Decimal("0.01")
    for expected in quote["expected"].values():
        assert 0 <= expected["p10"] <= expected["p50"] <= expected["p90"]


def counts_since(cloud, began_at, *, whole_s):
    """Sums over the five-minute windows of the run, once they cover the whole clip."""
    answer = cloud.ask(
        "/api/audience/KX-01",
        window="5m",
        **{
            "from": (began_at - timedelta(minutes=5)).isoformat(),
            "until": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(),
        },
    )
    if answer is None or observed_s(answer["windows"]) < OBSERVED_RATIO * whole_s:
        return None
    names = ("visits", "entries", "onlookers", "attention_s")
    return {name: sum(window[name] or 0 for window in answer["windows"]) for name in names}


def observed_s(windows):
    return sum(window["observed_share"] * length_s(window) for window in windows)


def length_s(window):
    starts_at, ends_at = map(datetime.fromisoformat, (window["starts_at"], window["ends_at"]))
    return (ends_at - starts_at).total_seconds()
