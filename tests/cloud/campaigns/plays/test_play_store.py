"""Plays are stored once on every database, and counted by hour in the same transaction."""

from datetime import timedelta

from sqlalchemy import Connection, Engine

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.plays.play_store import read_logged_hours, store_plays
from cloud.database import writing
from tests.cloud.campaigns.campaign_data import SEVEN, SEVEN_S


def play(minute: int, **fields: str) -> LoggedPlay:
    values = {"location": "KX-01", "creative": "a", **fields}
    return LoggedPlay(started_at=SEVEN + timedelta(minutes=minute), **values)  # type: ignore[arg-type]


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
    assert len(hours.covered) == 2
