"""Attention split by creative adds up to attention, to the millisecond."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.metering.meter import AudienceMeter
from edge_agent.outbox.downsampling import downsample_reports, group_reports
from edge_agent.perception.attention import Attention
from edge_agent.perception.sightings import Sighting, Visibility
from edge_agent.player.now_playing import PlayerMessage, PlayHistory
from edge_agent.settings.camera_settings import Settings
from wire.audience import MAX_CREATIVES, CreativeSum, Versions, find_contradictions
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import DeviceAddress

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SEES = Visibility(observed=True)
L, F, U, A = Attention.LOOKING, Attention.FACING, Attention.UNSURE, Attention.AWAY
ADDED = ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms")


def at(seconds):
    return EIGHT + timedelta(seconds=seconds)


def reports(intervals):
    address = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
    versions = Versions(agent="1", detector="d", attention="a", config="c")
    return [
        interval.report(address, versions, JournalId("0" * 16), SequenceRange(first=n, last=n))
        for n, interval in enumerate(intervals, 1)
    ]


def run(plays, people, *, seconds=30, step_s=0.2):
    """`plays`: second and creative; `people`: track, first, last second, attention."""
    playing = PlayHistory()
    meter = AudienceMeter(Settings(), playing)
    intervals, waiting = [], list(plays)
    for number in range(round(seconds / step_s) + 1):
        now_s = number * step_s
        while waiting and waiting[0][0] <= now_s:
            starts_s, creative = waiting.pop(0)
            playing.add_message(
                PlayerMessage(creative=creative, started_at=at(starts_s)), at(now_s)
            )
        seen = [
            Sighting(track, now_s - first >= 0.5, attention)
            for track, first, last, attention in people
            if first <= now_s <= last
        ]
        left = [track for track, _, last, _ in people if last < now_s <= last + step_s]
        meter.observe(at(now_s), now_s, SEES, seen=seen, ended=left)
        intervals += meter.close_due()
    return reports([*intervals, *meter.close()])


def test_attention_goes_to_what_was_on_the_screen():
    #  screen   -----[tea (5)------------[coffee (15)-------
    #  one           looks from 2 to 10
    #  other                        faces from 12 to 20
    (report, *_) = run([(5, "tea"), (15, "coffee")], [(1, 2, 10, L), (2, 12, 20, F)], seconds=29)
    assert report.creatives == {
        "unknown": CreativeSum(
            plays=0, observed_ms=5_000, person_ms=3_000, facing_ms=3_000, looking_ms=3_000,
            unsure_ms=0,
        ),
        "tea": CreativeSum(
            plays=1, observed_ms=10_000, person_ms=8_000, facing_ms=8_000, looking_ms=5_000,
            unsure_ms=0,
        ),
        "coffee": CreativeSum(
            plays=1, observed_ms=14_000, person_ms=5_000, facing_ms=5_000, looking_ms=0,
            unsure_ms=0,
        ),
    }  # fmt: skip
    assert find_contradictions(report) == []


def test_without_a_player_creatives_are_unset():
    meter = AudienceMeter(Settings())
    meter.observe(EIGHT, 0.0, SEES)
    meter.observe(at(5), 5.0, SEES)
    (report,) = reports(meter.close())
    assert b"creatives" not in msgspec.json.encode(report)


PLAYS = st.lists(
    st.tuples(st.floats(0, 60), st.sampled_from(["tea", "coffee", "milk", None])), max_size=12
)
PEOPLE = st.lists(
    st.tuples(st.integers(1, 4), st.floats(0, 50), st.floats(0, 20), st.sampled_from([L, F, U, A])),
    max_size=6,
    unique_by=lambda person: person[0],
)


@settings(max_examples=60)
@given(PLAYS, PEOPLE)
def test_the_creatives_add_up_to_the_report_whatever_is_played_and_whoever_comes(plays, people):
    stays = [(track, first, first + length, how) for track, first, length, how in people]
    found = run(sorted(plays, key=lambda play: play[0]), stays, seconds=65, step_s=0.25)
    for report in found:
        assert find_contradictions(report) == []
        for name in ADDED:
            split = sum(getattr(one, name) for one in report.creatives.values())
            assert split == getattr(report, name), name
    for group in group_reports(found, timedelta(minutes=1)):
        whole = downsample_reports(group)
        assert find_contradictions(whole) == []
        assert sum(one.plays for one in whole.creatives.values()) == sum(
            one.plays for report in group for one in report.creatives.values()
        )


def test_too_many_player_messages_do_not_exceed_the_report_size():
    plays = [(n / 10, f"spot-{n}") for n in range(200)]
    report, *_ = run(plays, [(1, 0, 25, L)], seconds=29)
    assert len(report.creatives) <= MAX_CREATIVES
    assert find_contradictions(report) == []
    assert report.creatives["unknown"].looking_ms > 10_000


@pytest.mark.parametrize("name", ADDED)
def test_a_split_that_does_not_add_up_contradicts_itself(name):
    (report, *_) = run([(0, "tea")], [(1, 2, 10, L)], seconds=29)
    tea = msgspec.structs.replace(
        report.creatives["tea"], **{name: getattr(report.creatives["tea"], name) + 1}
    )
    with pytest.raises(ValueError, match=f"their {name} add up to"):
        msgspec.structs.replace(report, creatives={"tea": tea})
