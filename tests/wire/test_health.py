"""A heartbeat from an older agent is read; one that contradicts itself is not."""

import msgspec
import pytest

from wire.health import Heartbeat

BEAT = {
    "location": "KX-01", "device": "kx-01-cam-1", "journal": "00c0ffee00c0ffee", "boot": "b",
    "sent_at": "2026-11-23T08:00:00Z", "uptime_ms": 1, "capture": "streaming",
    "frames_captured": 1, "frames_analysed": 1, "reconnects": 0, "outbox_reports": 0,
    "outbox_oldest_at": None, "next_sequence": 8, "rss_bytes": 1,
    "versions": {"agent": "0.1.0", "detector": "d", "attention": "a", "config": "c", "schema": "1"},
}  # fmt: skip


def test_older_agents_do_not_say_what_they_still_hold() -> None:
    assert msgspec.convert(BEAT, Heartbeat).oldest_sequence is msgspec.UNSET


def test_nobody_holds_what_is_not_measured_yet() -> None:
    assert msgspec.convert(BEAT | {"oldest_sequence": 8}, Heartbeat).oldest_sequence == 8
    with pytest.raises(msgspec.ValidationError, match=r"oldest_sequence \(9\) lies beyond"):
        msgspec.convert(BEAT | {"oldest_sequence": 9}, Heartbeat)
