"""Versions are ordered by Semantic Versioning, and never decrease."""

import json
import stat

import msgspec
import pytest

from edge_agent.updates.version_history import (
    PROGRAM,
    AcceptedVersion,
    VersionError,
    VersionFile,
    VersionHistory,
    version_key,
)

RISING = [
    "0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11",
    "1.0.0-rc.1", "1", "1.0.1", "1.2", "1.10", "2.0.0.1", "10.0", "999999999.0",
]  # fmt: skip


def test_versions_rise_in_this_order():
    assert sorted({*RISING}, key=version_key) == RISING
    assert len({version_key(version) for version in RISING}) == len(RISING)


def test_other_spellings_of_a_version_are_the_same():
    assert len({version_key(one) for one in ("1.4", "1.4.0", "v1.4", "1.4.0+linux.2")}) == 1


@pytest.mark.parametrize(
    "version",
    [
        "",
        "latest",
        "1..2",
        "1.2.",
        ".1",
        "1.2-",
        "1.2-a..b",
        "1.2 ",
        "1.2\n",
        "\u0661.\u0662",
        "1" * 40,
    ],
)
def test_an_invalid_version_is_rejected(version):
    with pytest.raises(VersionError, match="cannot be ordered"):
        version_key(version)


@pytest.fixture
def book(tmp_path):
    return VersionHistory(tmp_path / "identity" / "versions.json")


def test_the_highest_is_remembered_whatever_came_later(book, tmp_path):
    book.record(PROGRAM, "1.5.0", "five")
    book.record(PROGRAM, "1.4.0", "four")
    again = VersionHistory(tmp_path / "identity" / "versions.json")
    with pytest.raises(VersionError, match=r"program 1\.4\.9 is older than 1\.5\.0"):
        again.check(PROGRAM, "1.4.9", "x")
    again.check(PROGRAM, "1.5.0", "five")
    again.check(PROGRAM, "1.5.1", "six")
    assert stat.S_IMODE((tmp_path / "identity" / "versions.json").stat().st_mode) == 0o600


def test_each_name_has_its_own_versions(book):
    book.record("onlooker-face", "9.0", "nine")
    book.check(PROGRAM, "1.0", "one")
    with pytest.raises(VersionError, match=r"older than 9\.0"):
        book.check("onlooker-face", "8.0", "eight")


def test_a_floor_counts_where_nothing_is_remembered(book):
    floor = AcceptedVersion(version="2.0")
    with pytest.raises(VersionError, match=r"older than 2\.0"):
        book.check(PROGRAM, "1.9", "x", floor=floor)
    book.check(PROGRAM, "2.0", "x", floor=floor)


def test_an_override_still_requires_a_version(tmp_path):
    book = VersionHistory(tmp_path / "versions.json", allow_older=True)
    book.record(PROGRAM, "2.0", "two")
    book.check(PROGRAM, "1.0", "one")
    with pytest.raises(VersionError, match="cannot be ordered"):
        book.check(PROGRAM, "old", "one")


def test_the_history_that_an_earlier_agent_stored_is_continued(tmp_path):
    path = tmp_path / "versions.json"
    installed = {"version": "1.4.0", "digest": "ff"}
    path.write_text(json.dumps({"highest": {PROGRAM: installed}, "before": "onlooker-face:1.2.0"}))
    history = VersionHistory(path)

    assert history.previous == "onlooker-face:1.2.0"
    history.record(PROGRAM, "1.5.0", "aa")
    assert json.loads(path.read_text())["before"] == "onlooker-face:1.2.0"
    stored = msgspec.json.decode(path.read_bytes(), type=VersionFile)
    assert stored.highest[PROGRAM].version == "1.5.0"
