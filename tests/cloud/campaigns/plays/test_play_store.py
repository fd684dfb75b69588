"""Plays are stored once on every database, and counted by hour in the same transaction."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.plays.coverage import LogCoverage, store_coverage
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.plays.play_store import read_logged_hours, store_plays
from cloud.database import writing
from cloud.sites.sites import Sites
from tests.cloud.campaigns.campaign_data import SEVEN, SEVEN_S, SITES


def play(minute: int, **fields: str) -> LoggedPlay:
    values = {"location": "KX-01", "creative": "a", **fields}
    return LoggedPlay(started_at=SEVEN + timedelta(minutes=minute), **values)  # type: ignore[arg-type]


def at(ms: int, **fields: Any) -> LoggedPlay:
    return replace(play(0), started_at=SEVEN + timedelta(milliseconds=ms), **fields)


def store(connection: Connection, *plays: LoggedPlay) -> int:
    return store_plays(connection, plays, PlaySource.HTTP, "0" * 32)


def test_duplicates_within_a_batch_and_between_batches_are_stored_once(engine: Engine) -> None:
    first = [play(0), play(0), play(1, ref="r"), play(2, ref="r"), play(61, line="L1")]
    with writing(engine) as connection:
        assert store(connection, *first) == 3
    with writing(engine) as connection:
        assert store(connection, *first, play(62, line="L1"), play(0, ref='"NULL"')) == 1
        hours = read_logged_hours(connection, ["KX-01", "LB-01"], SEVEN_S, SEVEN_S + 7_200)
        assert store(connection) == 0
    assert hours.plays == {
        (HourKey("KX-01", SEVEN_S), "a", ""): 2,
        (HourKey("KX-01", SEVEN_S + 3_600), "a", "L1"): 2,
    }
    assert hours.covered == frozenset()  # a log that names some plays may lack others


def test_the_same_play_in_the_logs_of_two_systems_is_one_play(connection: Connection) -> None:
    ten_s, one_s = (timedelta(seconds=length) for length in (10, 1))
    first = [at(0, duration=ten_s), at(10_000, duration=ten_s), at(50_000, duration=one_s)]
    assert store(connection, *first) == 3
    second = [
        at(3, duration=ten_s), at(10_900),  # the same plays, by another clock
        at(12_000, duration=ten_s),  # as far away as the tolerance
        at(51_000, duration=one_s),  # the next play of a short spot
        at(4, creative="b"), at(4, location="LB-01"),
    ]  # fmt: skip
    assert store_plays(connection, second, PlaySource.XIBO, "1" * 32) == 4
    assert store_plays(connection, second, PlaySource.XIBO, "2" * 32) == 0
    hours = read_logged_hours(connection, ["KX-01"], SEVEN_S, SEVEN_S + 3_600)
    assert hours.plays[HourKey("KX-01", SEVEN_S), "a", ""] == 5


def test_plays_of_one_log_are_as_many_as_it_has_however_close(connection: Connection) -> None:
    assert store(connection, at(0), at(3)) == 2


def test_plays_under_a_former_id_are_read_and_not_stored_again(connection: Connection) -> None:
    site = msgspec.structs.replace(SITES.location("KX-01"), id="KX-77", formerly=("KX-01",))
    sites = Sites((site,))
    store(connection, play(0))
    store_coverage(connection, LogCoverage(SEVEN, SEVEN + timedelta(hours=1)), ["KX-01"], "0" * 32)
    renamed = [play(0, location="KX-77"), play(1, location="KX-77")]
    assert store_plays(connection, renamed, PlaySource.HTTP, "1" * 32, sites) == 1
    hours = read_logged_hours(connection, ["KX-77"], SEVEN_S, SEVEN_S + 3_600, sites)
    key = HourKey("KX-77", SEVEN_S)
    assert (hours.plays, hours.covered) == ({(key, "a", ""): 2}, {key})
