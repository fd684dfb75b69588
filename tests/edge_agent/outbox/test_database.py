"""A problem of the environment is no damage: the file stays where and as it is."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.outbox import Outbox, OutboxError
from edge_agent.outbox.inspection import inspect_outbox
from tests.edge_agent.outbox.folder_content import content
from tests.edge_agent.outbox.reports import quiet_minute, wire_numbers


def fails_like(code):
    def raises(*_arguments, **_options):
        error = sqlite3.OperationalError("as the system has it")
        error.sqlite_errorcode = code
        raise error

    return raises


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full; free space"),
        (sqlite3.SQLITE_BUSY, "is locked by another program; stop the other program"),
        (sqlite3.SQLITE_READONLY, "read-only file system"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk reports an error"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, "the disk reports an error"),
        (sqlite3.SQLITE_PERM, "may not be accessed"),
        (sqlite3.SQLITE_NOMEM, "memory is exhausted"),
    ],
)
def test_every_other_error_leaves_the_file_alone(five, monkeypatch, code, sentence):
    before = content(five.parent)
    with monkeypatch.context() as patched:
        patched.setattr("edge_agent.outbox.database.check_tables", fails_like(code))
        with pytest.raises(OutboxError, match=sentence):
            Outbox(five)
    assert content(five.parent) == before
    again = Outbox(five)
    assert len(wire_numbers(again)) == 5
    again.close()


def test_another_programs_write_lock_is_an_error_after_the_time_limit(five, monkeypatch):
    monkeypatch.setattr("edge_agent.outbox.database.BUSY_AT_START_MS", 50)
    with closing(sqlite3.connect(five)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE report SET sent = 0")
        with pytest.raises(OutboxError, match="locked by another program"):
            Outbox(five)
    again = Outbox(five)
    assert again.depth == 5
    again.close()
    assert not list(five.parent.glob("*damaged*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change to another user")
def test_a_file_of_another_user_is_left_alone(five):
    for folder in (five.parent, *five.parent.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    before = content(five.parent)
    script = (
        "import os, sys; sys.path[:0] = sys.argv[2:]; "
        "from pathlib import Path; from edge_agent.outbox import Outbox, OutboxError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try:\n    Outbox(Path(sys.argv[1]))\n"
        "except OutboxError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, five, *sys.path], capture_output=True, text=True, check=True
    )
    assert "Permission denied" in done.stdout
    assert content(five.parent) == before


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "cloud.sqlite3"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE minute_tallies (x)")
        other.commit()
    before = content(tmp_path)
    with pytest.raises(OutboxError, match="database of another program: give --outbox another"):
        Outbox(path)
    assert content(tmp_path) == before


def test_a_lost_stream_row_loses_no_report(five):
    with closing(sqlite3.connect(five)) as database:
        database.execute("DELETE FROM journal")
        database.commit()
    again = Outbox(five)
    assert len(wire_numbers(again)) == 5
    again.put(quiet_minute)
    assert again.depth == 6
    again.close()


def test_damage_that_is_found_while_the_agent_runs_begins_another_file(five):
    outbox = Outbox(five)
    assert not outbox.recover()
    outbox._rows.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = five.stat().st_size
    with five.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (size - 100))
    outbox._rows.database.execute("PRAGMA shrink_memory")
    with pytest.raises(OutboxError, match="is damaged"):
        outbox.unacknowledged(9)
    assert outbox.recover()
    outbox.put(quiet_minute)
    assert outbox.depth == 1
    outbox.close()
    assert len(list(five.parent.glob("*damaged*"))) >= 1


def test_what_fails_after_a_report_was_stored_does_not_store_it_twice(tmp_path, monkeypatch):
    outbox = Outbox(tmp_path / "outbox.sqlite3", budget_bytes=1)

    def full(*_arguments, **_options):
        raise OutboxError("the disk is full")

    monkeypatch.setattr("edge_agent.outbox.store.downsample_stored", full)
    assert outbox.put(quiet_minute).sequence.first == 1
    assert (outbox.depth, outbox.next_sequence) == (1, 2)
    outbox.close()


def test_data_files_are_for_the_agents_user_alone(tmp_path):
    old = os.umask(0)
    try:
        outbox = Outbox(tmp_path / "var" / "deep" / "outbox.sqlite3")
        outbox.put(quiet_minute)
    finally:
        os.umask(old)
    folder = outbox.path.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {stat.S_IMODE(one.stat().st_mode) for one in (folder, folder.parent)} == {0o700}
    outbox.close()


def test_existing_files_are_made_private_when_opened(five):
    five.chmod(0o644)
    five.parent.chmod(0o755)
    outbox = Outbox(five)
    assert stat.S_IMODE(five.stat().st_mode) == 0o600
    assert stat.S_IMODE(five.parent.stat().st_mode) == 0o755  # perhaps shared: not ours to change
    outbox.close()


@pytest.mark.parametrize("use", [Outbox, inspect_outbox])
def test_a_pipe_or_device_is_refused_and_keeps_its_mode(tmp_path, use):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    with pytest.raises(OutboxError, match="a device, pipe or socket"):
        use(pipe)
    assert stat.S_IMODE(pipe.stat().st_mode) == 0o666
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("use", [Outbox, inspect_outbox])
@pytest.mark.parametrize("path", ["", "/"])
def test_a_path_without_a_name_is_refused(path, use):
    with pytest.raises(OutboxError, match="names no file"):
        use(Path(path))


@pytest.mark.parametrize(
    "damage",
    [
        "json_remove(event, '$.data.sequence')",
        "json_set(event, '$.data.sequence.first', 'x')",
        "json_set(event, '$.data.journal', 5)",
    ],
)
def test_a_damaged_report_does_not_prevent_the_start(five, damage):
    with closing(sqlite3.connect(five)) as database, database:
        change = damage.replace("event", "CAST(sealed AS TEXT)")
        database.execute(f"UPDATE report SET sealed = CAST({change} AS BLOB) WHERE first = 1")
    outbox = Outbox(five)
    assert [outbox.status(turn).oldest_sequence for turn in range(2)] == [2, 1]
    outbox.close()
