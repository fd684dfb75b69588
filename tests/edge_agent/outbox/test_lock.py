"""One process uses an outbox at a time."""

import errno
import fcntl
import stat
from pathlib import Path

import pytest

from edge_agent.outbox.errors import OutboxError
from edge_agent.outbox.lock import acquire_lock, is_in_use


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "outbox.sqlite3"


def test_a_second_lock_is_refused_until_the_first_is_closed(path):
    first = acquire_lock(path)
    assert is_in_use(path)
    with pytest.raises(OutboxError, match=r"in use by another agent; stop it, or give --outbox"):
        acquire_lock(path)
    first.close()
    assert not is_in_use(path)
    acquire_lock(path).close()


def test_the_lock_is_a_private_file_beside_the_outbox(path):
    with acquire_lock(path):
        lock = path.with_name("outbox.sqlite3.lock")
        assert [one.name for one in path.parent.iterdir()] == [lock.name]
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_question_whether_it_is_in_use_creates_nothing(path, tmp_path):
    assert not is_in_use(path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_file_that_no_process_holds_is_no_lock(path):
    acquire_lock(path).close()
    assert path.with_name("outbox.sqlite3.lock").exists()
    assert not is_in_use(path)


def test_two_outboxes_in_one_folder_have_two_locks(path):
    with acquire_lock(path), acquire_lock(path.with_name("other.sqlite3")):
        assert is_in_use(path)


@pytest.mark.parametrize("name", ["", "/"])
@pytest.mark.parametrize("use", [acquire_lock, is_in_use])
def test_a_path_without_a_file_name_is_refused(use, name):
    with pytest.raises(OutboxError, match="names no file: give --outbox the path of a file"):
        use(Path(name))


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match="give --outbox a path on a writable disk"):
        acquire_lock(tmp_path / "file" / "outbox.sqlite3")


def test_a_file_system_without_locks_is_named_as_the_cause(path, monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OutboxError, match="No locks available; use a file system that can lock"):
        acquire_lock(path)
