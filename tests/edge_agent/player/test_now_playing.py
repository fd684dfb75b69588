"""The play history that a player reports."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.player.now_playing import PlayerMessageError, PlayHistory

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def history_of(*messages):
    """Each message: when it arrives, its creative, its times as seconds from noon."""
    playing = PlayHistory()
    for received_s, creative, times in messages:
        fields = {name: at(seconds).isoformat() for name, seconds in times.items()}
        playing.handle_message(
            json.dumps({"creative": creative, **fields}).encode(), at(received_s)
        )
    return playing


def pieces(playing, first_s, last_s):
    found = playing.creative_spans(NOON_MS + round(first_s * 1000), NOON_MS + round(last_s * 1000))
    return [
        (one.creative, (one.first_ms - NOON_MS) / 1000, (one.last_ms - NOON_MS) / 1000)
        for one in found
    ]


def test_each_creative_has_the_screen_until_the_next():
    #  0 s        10         20         30
    #  -----------[tea-------[coffee------
    playing = history_of((10, "tea", {}), (20, "coffee", {}))
    assert pieces(playing, 0, 30) == [("unknown", 0, 10), ("tea", 10, 20), ("coffee", 20, 30)]
    assert pieces(playing, 12, 15) == [("tea", 12, 15)]
    assert pieces(playing, 10, 20) == [("tea", 10, 20)]


def test_an_announced_end_applies_unless_the_next_creative_starts_first():
    playing = history_of(
        (0, "tea", {"ends_at": 10}), (20, "coffee", {"ends_at": 40}), (30, "milk", {})
    )
    assert pieces(playing, 0, 50) == [
        ("tea", 0, 10), ("unknown", 10, 20), ("coffee", 20, 30), ("milk", 30, 50),
    ]  # fmt: skip


def test_a_late_message_applies_from_its_start_time():
    assert pieces(history_of((12, "tea", {"started_at": 10})), 5, 15) == [
        ("unknown", 5, 10),
        ("tea", 10, 15),
    ]


def test_a_message_sent_in_advance_changes_nothing_before_its_time():
    playing = history_of(
        (0, "tea", {}), (1, "milk", {"started_at": 20}), (2, "coffee", {"started_at": 10})
    )
    assert pieces(playing, 0, 30) == [("tea", 0, 10), ("coffee", 10, 20), ("milk", 20, 30)]


def test_a_player_whose_clock_is_wrong_is_understood():
    playing = history_of((12, "tea", {"started_at": 3_610, "sent_at": 3_612, "ends_at": 3_620}))
    assert pieces(playing, 10, 25) == [("tea", 10, 20), ("unknown", 20, 25)]


@pytest.mark.parametrize("creative", [None, "unknown"])
def test_null_or_unknown_is_a_screen_that_sells_nothing(creative):
    playing = history_of((0, "tea", {}), (10, creative, {}))
    assert pieces(playing, 0, 20) == [("tea", 0, 10), ("unknown", 10, 20)]
    assert playing.now(at(5)) == "tea"
    assert playing.now(at(15)) == "unknown"
    assert playing.starts(NOON_MS, NOON_MS + 20_000) == {"tea": 1}  # it is no play


def test_the_same_creative_again_is_another_play_but_the_same_word_again_is_not():
    playing = history_of((0, "tea", {}), (10, "tea", {}), (10, "tea", {"started_at": 10}))
    assert playing.starts(NOON_MS, NOON_MS + 60_000) == {"tea": 2}
    assert playing.starts(NOON_MS + 1, NOON_MS + 10_000) == {}


def test_a_year_of_messages_takes_constant_memory():
    playing = history_of(*((n * 10, f"spot-{n % 7}", {}) for n in range(1_000)))
    assert len(playing._changes) < 100
    assert pieces(playing, 9_900, 9_910) == [("spot-3", 9_900, 9_910)]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "send {"),
        (b"tea", "send {"),
        (b"[]", "send {"),
        (b"{}", "missing required field `creative`"),
        (b'{"creative": 7}', "creative"),
        (b'{"creative": ""}', "creative"),
        (b'{"creative": "-"}', "creative"),
        (b'{"creative": "a b"}', "creative"),
        (b'{"creative": "<script>"}', "creative"),
        (b'{"creative": "iVBORw0KGgoAAAANSUhEUg"}', "the signature of an image"),
        (b'{"creative": "tea", "started_at": "noon"}', "started_at"),
        (b'{"creative": "tea", "started_at": "2026-11-23T12:00:00"}', "started_at"),
        (b'{"creative": "tea", "started_at": "2026-11-23T11:00:00Z"}', "1:00:00 ago"),
        (b'{"creative": "tea", "started_at": "2026-11-24T11:00:00Z"}', "give a time from"),
        (b'{"creative": "tea", "ends_at": "2026-11-23T12:00:00Z"}', "does not come after"),
        (b'{"creative": "tea", "sent_at": "2020-11-23T12:00:00Z"}', "set the player clock"),
        (b'{"creative": "' + b"x" * 20_000 + b'"}', "creative"),
    ],
)
def test_an_invalid_message_is_rejected_and_changes_nothing(message, reason):
    playing = PlayHistory()
    with pytest.raises(PlayerMessageError, match=reason.replace("{", r"\{")):
        playing.handle_message(message, NOON)
    assert playing.creative_spans(0, 10) == [("unknown", 0, 10)]


def test_other_fields_of_a_player_message_are_ignored():
    playing = PlayHistory()
    assert (
        playing.handle_message(
            b'{"creative": "tea", "player": "lobby", "volume": 3}', NOON
        ).creative
        == "tea"
    )


@pytest.mark.parametrize("field", ["started_at", "ends_at"])
def test_times_beyond_all_years_are_refused(field):
    message = {"creative": "tea", "sent_at": at(-3600).isoformat(), field: "9999-12-31T23:59:59Z"}
    with pytest.raises(PlayerMessageError, match="out of range"):
        PlayHistory().handle_message(json.dumps(message).encode(), NOON)
