"""Recorded messages of a player reach the agent at their time."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.played_creatives import PlayedCreativesError, PlayerFeed, read_messages

TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
TEN_MS = int(TEN.timestamp() * 1000)


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def message(creative, second):
    at = (TEN + timedelta(seconds=second)).isoformat()
    return f'{{"creative": "{creative}", "started_at": "{at}"}}'


def test_a_message_counts_from_its_time_on(tmp_path):
    path = write(tmp_path / "plays", message("b", 10), message("a", 0), message("a", 20))
    feed = PlayerFeed(read_messages(path))
    counts = []
    for second in (0, 9, 10, 30):
        feed.advance(TEN + timedelta(seconds=second))
        counts.append(dict(feed.history.starts(TEN_MS, TEN_MS + 60_000)))
    assert counts == [{"a": 1}, {"a": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 1}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"creative": "a"}', "line 2: there is no started_at"),
        ('{"started_at": "2026-03-01T10:00:00Z"}', "line 2: .*creative"),
        ("plays", "line 2: "),
    ],
)
def test_a_line_that_is_no_message_is_named(tmp_path, line, reason):
    with pytest.raises(PlayedCreativesError, match=reason):
        read_messages(write(tmp_path / "plays", message("a", 0), line))


def test_a_message_that_the_agent_refuses_is_named(tmp_path):
    ends = message("a", 0).replace("}", ', "ends_at": "2026-03-01T09:00:00Z"}')
    feed = PlayerFeed(read_messages(write(tmp_path / "plays", ends)))
    with pytest.raises(PlayedCreativesError, match="ends_at does not come after"):
        feed.advance(TEN)
