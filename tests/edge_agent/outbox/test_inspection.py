"""The inspection of an outbox neither writes nor creates a file."""

import sqlite3
import stat
from contextlib import closing

import pytest

from edge_agent.outbox import Outbox, OutboxError
from edge_agent.outbox.inspection import inspect_outbox
from tests.edge_agent.outbox.folder_content import content
from tests.edge_agent.outbox.reports import quiet_minute


def test_an_inspection_writes_nothing(five):
    five.chmod(0o644)
    before = content(five.parent)
    times = {path: path.stat().st_mtime_ns for path in five.parent.iterdir()}
    assert inspect_outbox(five) == 5
    assert content(five.parent) == before
    assert {path: path.stat().st_mtime_ns for path in five.parent.iterdir()} == times
    assert stat.S_IMODE(five.stat().st_mode) == 0o644


def test_an_inspection_creates_nothing(tmp_path):
    assert inspect_outbox(tmp_path / "not" / "yet" / "outbox.sqlite3") == 0
    assert list(tmp_path.iterdir()) == []


def test_an_inspection_counts_what_an_agent_that_was_killed_left_in_its_log(tmp_path):
    outbox = Outbox(tmp_path / "one" / "outbox.sqlite3")
    for _ in range(3):
        outbox.put(quiet_minute)
    copy = tmp_path / "two"
    copy.mkdir()
    for path in outbox.path.parent.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    outbox.close()
    before = content(copy)
    times = {path: path.stat().st_mtime_ns for path in (copy, *copy.iterdir())}
    assert inspect_outbox(copy / "outbox.sqlite3") == 3
    assert content(copy) == before
    assert {path: path.stat().st_mtime_ns for path in (copy, *copy.iterdir())} == times


def test_an_inspection_of_a_log_without_its_index_creates_none(tmp_path):
    outbox = Outbox(tmp_path / "one" / "outbox.sqlite3")
    outbox.put(quiet_minute)
    copy = tmp_path / "two # % ?"
    copy.mkdir()
    for suffix in ("", "-wal"):
        name = outbox.path.name + suffix
        (copy / name).write_bytes(outbox.path.with_name(name).read_bytes())
    outbox.close()
    before = content(copy)
    assert inspect_outbox(copy / outbox.path.name) == 1
    assert content(copy) == before


def test_an_inspection_copies_nothing(five, monkeypatch):
    def no_temporary_file(*_arguments, **_options):
        raise AssertionError("the outbox is read in its place")

    monkeypatch.setattr("tempfile.mkdtemp", no_temporary_file)
    monkeypatch.setattr("shutil.copyfile", no_temporary_file)
    assert inspect_outbox(five) == 5


def test_an_inspection_of_an_outbox_in_use_says_so(tmp_path):
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    assert inspect_outbox(outbox.path) is None
    outbox.close()


def test_an_inspection_of_a_damaged_file_reports_and_does_not_rename(five):
    five.write_bytes(b"this is no database" * 100)
    for name in ("-wal", "-shm"):
        five.with_name(five.name + name).unlink(missing_ok=True)
    before = content(five.parent)
    with pytest.raises(OutboxError, match="is damaged"):
        inspect_outbox(five)
    assert content(five.parent) == before


def test_a_check_refuses_a_link_to_a_missing_file_as_a_run_does(tmp_path):
    link = tmp_path / "outbox.sqlite3"
    link.symlink_to(tmp_path / "missing" / "file")
    with pytest.raises(OutboxError, match="a link to a missing file"):
        inspect_outbox(link)
    with pytest.raises(OutboxError):
        Outbox(link)


def test_a_path_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match="Not a directory; give --outbox a path on a writable"):
        inspect_outbox(tmp_path / "file" / "outbox.sqlite3")


def test_a_file_that_another_program_wrote_is_refused(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE minute_tallies (x)")
    with pytest.raises(OutboxError, match="database of another program"):
        inspect_outbox(path)


def test_an_empty_file_holds_no_report(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    path.touch()
    assert inspect_outbox(path) == 0
    assert path.stat().st_size == 0
