"""Logs of players: every row is stored once or refused with a reason, whatever the file holds."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from cloud.auth import audit
from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.plays.imports import Importer, ImportResult
from cloud.campaigns.plays.log_file import LogFileError
from cloud.campaigns.plays.names import NameAliases
from cloud.campaigns.plays.play import PlaySource
from cloud.campaigns.plays.play_store import read_logged_hours
from cloud.campaigns.tables import logged_hours, logged_plays, play_imports
from cloud.database import reading
from tests.cloud.campaigns.campaign_data import SEVEN, SEVEN_S, SITES
from tests.cloud.databases import new_engine

NOW = SEVEN + timedelta(days=1)
XIBO = "Type,FromDT,ToDT,Layout,Display,Media,Tag,Count\n"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def load(
    engine: Engine,
    tmp_path: Path,
    content: str | bytes,
    source: PlaySource = PlaySource.XIBO,
    aliases: NameAliases | None = None,
) -> ImportResult:
    path = tmp_path / "log"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Importer(SITES, "ann", NOW, aliases).import_file(engine, path, source)


def xibo(minutes: range, media: str = "a", display: str = "KX-01") -> str:
    return "".join(
        f"media,2026-11-23 07:{minute:02}:00,2026-11-23 07:{minute:02}:10,L,{display},{media},,1\n"
        for minute in minutes
    )


def count(engine: Engine) -> tuple[int, int]:
    with reading(engine) as connection:
        plays = connection.execute(select(func.count()).select_from(logged_plays)).scalar_one()
        hours = connection.execute(select(func.sum(logged_hours.c.plays))).scalar_one() or 0
    return plays, hours


def test_overlapping_exports_store_each_play_once(engine: Engine, tmp_path: Path) -> None:
    first = load(engine, tmp_path, XIBO + xibo(range(40)))
    second = load(engine, tmp_path, XIBO + xibo(range(20, 60)))
    again = load(engine, tmp_path, XIBO + xibo(range(20, 60)))
    assert [(one.stored, one.duplicates) for one in (first, second, again)] == [
        (40, 0), (20, 20), (0, 40),
    ]  # fmt: skip
    assert count(engine) == (60, 60)
    with reading(engine) as connection:
        hours = read_logged_hours(connection, ["KX-01"], SEVEN_S, SEVEN_S + 3_600)
        assert hours.plays == {(HourKey("KX-01", SEVEN_S), "a", ""): 60}
        audit.verify_chain(connection)
        assert len(connection.execute(select(play_imports)).all()) == 3


def test_the_same_play_in_two_formats_is_one_play(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, XIBO + xibo(range(2)))
    broadsign = (
        "display_unit\tad_copy\tend_time\tduration\n"
        "KX-01\ta\t2026-11-23T07:00:10Z\t10000\nKX-01\ta\t2026-11-23T08:01:10+01:00\t10000\n"
        "KX-01\ta\t2026-11-23T07:02:10Z\t10000\n"
    )
    found = load(engine, tmp_path, broadsign, PlaySource.BROADSIGN)
    assert (found.stored, found.duplicates, found.refused) == (1, 2, 0)


def test_stats_of_opendirect_are_found_by_their_reference(engine: Engine, tmp_path: Path) -> None:
    play = {
        "tagid": "KX-01", "startdate": "2026-11-23T07:00:00", "startutcoffset": "+00:00",
        "spotlength": 10_000, "creativeid": "7", "crid": "a", "publisherplayoutref": "p-1",
        "lineid": "SO-1-1",
    }  # fmt: skip
    moved = {**play, "startdate": "2026-11-23T07:00:01"}
    content = json.dumps({"stats": [play, moved, {**moved, "publisherplayoutref": "p-2"}, 5]})
    found = load(engine, tmp_path, content, PlaySource.OPENDIRECT)
    assert (found.stored, found.duplicates) == (2, 1)
    assert found.reasons == {"the entry is no JSON object": 1}
    lines = [
        {**play, "publisherplayoutref": f"q-{n}", "startdate": f"2026-11-23T07:{n:02}:30"}
        for n in range(9)
    ]
    content = "\n".join(map(json.dumps, lines))
    assert load(engine, tmp_path, content, PlaySource.OPENDIRECT).stored == 9


def test_wrong_rows_are_refused_with_their_reasons_and_the_others_stored(
    engine: Engine, tmp_path: Path
) -> None:
    rows = [
        "layout,2026-11-23 07:00:00,2026-11-23 07:00:10,L,KX-01,a,,1",
        "media,2026-11-23 07:00:00,2026-11-23 08:00:10,L,KX-01,a,,360",
        "media,23/11/2026 07:00,2026-11-23 07:00:10,L,KX-01,a,,1",
        "media,2027-11-23 07:00:00,2027-11-23 07:00:10,L,KX-01,a,,1",
        "media,2020-11-23 07:00:00,2020-11-23 07:00:10,L,KX-01,a,,1",
        "media,2026-10-25 01:30:00,2026-10-25 01:30:10,L,KX-01,a,,1",
        "media,2026-11-23 07:00:00,2026-11-23 06:00:10,L,KX-01,a,,1",
        "media,2026-11-23 07:00:00,2026-11-23 07:00:10,L,Nowhere,a,,1",
        "media,2026-11-23 07:00:00,2026-11-23 07:00:10,L,KX-01,<script>,,1",
        "media,2026-11-23 07:00:00",
    ]
    found = load(engine, tmp_path, XIBO + "\n".join(rows) + "\n" + xibo(range(1)))
    assert (found.rows, found.stored, found.refused) == (11, 1, 10)
    assert all(times == 1 for times in found.reasons.values())
    assert any("clocks repeat" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no column"),
        (b"a,b,c\n1,2,3\n", "no column display, fromdt"),
        (XIBO.encode() + b"\xff\xfe\x00media", "neither UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither UTF-8"),
        (b"x" * 70_000, "longer than 65536"),
        (XIBO.encode() + b'media,"2026', "no CSV"),
    ],
)
def test_a_file_that_is_no_log_is_refused_as_a_whole(
    engine: Engine, tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(LogFileError, match=sentence):
        load(engine, tmp_path, content)
    assert count(engine) == (0, 0)


def test_a_file_that_is_cut_stores_what_comes_before_and_says_so(
    engine: Engine, tmp_path: Path
) -> None:
    found = load(engine, tmp_path, XIBO + xibo(range(3)) + 'media,"2026-11-23')
    assert found.stored == 3
    assert found.failure is not None
    assert "no CSV" in found.failure
    cut = '[{"tagid": "KX-01", "startdate": "2026-11-23T08:00:00Z", "crid": "a"}, {"tag'
    opendirect = load(engine, tmp_path, cut, PlaySource.OPENDIRECT)
    assert opendirect.stored == 1
    assert opendirect.failure is not None


def test_utf_16_semicolons_and_aliases_are_understood(engine: Engine, tmp_path: Path) -> None:
    text = (XIBO + xibo(range(2), "Winter spot.mp4", "Hall left")).replace(",", ";")
    aliases = NameAliases({"Hall left": "KX-01"}, {"Winter spot.mp4": "winter"})
    found = load(engine, tmp_path, text.encode("utf-16"), aliases=aliases)
    assert found.stored == 2
    with reading(engine) as connection:
        (row, _) = connection.execute(select(logged_plays)).all()
    assert (row.location, row.creative) == ("KX-01", "winter")
    assert row.started_at == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert (row.duration_ms, row.offset_minutes) == (10_000, 0)


def test_a_time_beyond_the_calendar_is_refused_and_the_rest_is_stored(
    engine: Engine, tmp_path: Path
) -> None:
    log = (
        "display_unit,ad_copy,end_time,duration\n"
        "KX-01,a,0001-01-01T00:00:00,60000\n"
        "KX-01,a,2026-11-23T07:00:10Z,999999999999999\n"
        "KX-01,a,2026-11-23T07:00:10Z,10000\n"
    )
    found = load(engine, tmp_path, log, PlaySource.BROADSIGN)
    assert (found.rows, found.stored, found.refused) == (3, 1, 2)
    with pytest.raises(LogFileError, match="too many levels"):
        load(engine, tmp_path, "[" * 60_000, PlaySource.OPENDIRECT)
