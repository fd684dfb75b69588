"""A truncated, replaced or altered audit log differs from its signed checkpoints."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, delete, text

from cloud import database
from cloud.__main__ import main
from cloud.app.context import AppContext
from cloud.auth.audit import FIRST_DIGEST, AuditError, audit_log, read_entries, record_change
from cloud.auth.checkpoints import Checkpoint, CheckpointKeys, require_match, sign_checkpoint
from cloud.auth.keys import Role, create_key
from cloud.cli import audit as audit_command
from tests.cloud.app_context import ManualClock


@dataclass
class Log:
    """A log of six entries, and `audit` with its checkpoints and its key."""

    url: str
    engine: Engine
    clock: ManualClock
    folder: Path

    def audit(self, *words: str, apart: bool = True) -> int:
        where = ["--database", self.url]
        if apart:
            where += ["--checkpoints", f"{self.folder}/apart", "--key", f"{self.folder}/key.pem"]
        return main(["audit", *where, *words])

    def run(self, statement) -> None:
        with database.writing(self.engine) as connection:
            connection.execute(text(statement) if isinstance(statement, str) else statement)


@pytest.fixture
def log(context: AppContext, clock: ManualClock, tmp_path: Path, monkeypatch, capsys) -> Log:
    monkeypatch.setattr(audit_command.run, "__defaults__", (clock,))
    for owner in ("Mary", "Acme", "Bolt", "Zebedee", "Ann", "Bob"):
        create_key(context.engine, Role.SALES, owner, by="me", now=clock.now)
    log = Log(str(context.engine.url), context.engine, clock, tmp_path)
    assert log.audit("key", str(tmp_path / "key.pem"), apart=False) == 0
    capsys.readouterr()
    return log


@pytest.mark.parametrize("left", [0, 4])
def test_a_log_that_was_cut_off_shows_by_its_checkpoint(log: Log, capsys, left: int):
    assert log.audit("checkpoint") == 0
    log.run(delete(audit_log).where(audit_log.c.number > left))
    assert log.audit("verify") == 1
    assert "have been cut off" in capsys.readouterr().err
    assert log.audit("checkpoint") == 1  # nothing is signed over it
    assert log.audit("export", f"{log.folder}/log.jsonl") == 1


def test_a_log_that_was_written_anew_shows(log: Log, capsys):
    assert log.audit("checkpoint") == 0
    with database.reading(log.engine) as connection:
        count = len(connection.execute(audit_log.select()).all())
    log.run(delete(audit_log))
    for number in range(count + 3):
        with database.writing(log.engine) as connection:
            record_change(
                connection, at=log.clock.now, actor="eve", action="x", about=str(number), details={}
            )
    assert log.audit("verify") == 1
    assert "the log has been written anew" in capsys.readouterr().err


def test_an_export_is_whole_printed_signed_and_stored(log: Log, capsys):
    file = log.folder / "log.jsonl"
    assert log.audit("export", str(file)) == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    printed = json.loads(capsys.readouterr().out.splitlines()[0])
    (stored,) = (log.folder / "apart").iterdir()

    assert [one["number"] for one in lines] == list(range(1, len(lines) + 1))
    assert json.loads(stored.read_text()) == printed
    assert (printed["number"], printed["digest"]) == (len(lines), lines[-1]["digest"])
    assert stored.stat().st_mode & 0o777 == file.stat().st_mode & 0o777 == 0o600
    assert log.audit("export", str(file)) == 1  # an export is never overwritten


def test_a_checkpoint_that_was_altered_is_refused(log: Log, capsys):
    assert log.audit("checkpoint") == 0
    (stored,) = (log.folder / "apart").iterdir()
    whole = json.loads(stored.read_text())
    others = {"number": 1, "digest": "0" * 64, "at": "2020-01-01T00:00:00Z", "signature": "00"}
    for name, other in others.items():
        stored.write_text(json.dumps(whole | {name: other}))
        assert log.audit("verify") == 1
        assert "is no checkpoint that this key has signed" in capsys.readouterr().err


def test_keys_are_files_that_only_their_owner_reads(log: Log, capsys):
    key = log.folder / "key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert log.audit("key", str(key), apart=False) == 1  # never overwritten
    assert log.audit("checkpoint") == 0
    key.chmod(0o644)
    assert log.audit("verify") == 1
    assert "others can read" in capsys.readouterr().err
    for content in ("", "nonsense", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"):
        key.write_text(content)
        key.chmod(0o600)
        assert log.audit("verify") == 1
        assert "holds no Ed25519 key" in capsys.readouterr().err


def test_the_public_key_verifies_and_does_not_sign(log: Log, capsys):
    assert log.audit("key", f"{log.folder}/other.pem", apart=False) == 0
    public = capsys.readouterr().out
    (log.folder / "key.pem").write_bytes((log.folder / "other.pem").read_bytes())
    assert log.audit("checkpoint") == 0
    (log.folder / "key.pem").write_text(public)
    assert log.audit("verify") == 0
    assert log.audit("checkpoint") == 1
    assert "a public key signs nothing" in capsys.readouterr().err


def test_a_folder_that_is_not_there_or_has_no_key_is_no_success(log: Log, capsys):
    assert log.audit("verify") == 1
    assert "does not exist" in capsys.readouterr().err
    where = ["--database", log.url, "--checkpoints", str(log.folder)]
    assert main(["audit", *where, "verify"]) == 1
    assert "name the other" in capsys.readouterr().err


@pytest.mark.parametrize("table", ["audit_log SET at", "api_keys SET created_at"])
@pytest.mark.parametrize("value", ["'x'", "9e99", "9223372036854775807"])
def test_a_time_that_cannot_be_read_is_reported_in_one_sentence(log: Log, capsys, table, value):
    log.run(f"UPDATE {table} = {value}")
    assert log.audit("verify", apart=False) == 1
    assert "a row has been altered: a time in the database is" in capsys.readouterr().err


def test_every_checkpoint_of_an_entry_is_compared(context: AppContext, clock: ManualClock):
    """Two of one number with different digests cannot both match, whichever is read last."""
    create_key(context.engine, Role.SALES, "Mary", by="me", now=clock.now)
    with database.reading(context.engine) as connection:
        (entry,) = read_entries(connection)
        right = Checkpoint(number=1, digest=entry.digest, at=clock.now)
        wrong = Checkpoint(number=1, digest="0" * 64, at=clock.now)
        require_match(connection, [right])
        for checkpoints in ([right, wrong], [wrong, right]):
            with pytest.raises(AuditError, match="the log has been written anew"):
                require_match(connection, checkpoints)


def test_a_checkpoint_of_an_empty_log_matches_every_log(context: AppContext, clock: ManualClock):
    private = Ed25519PrivateKey.generate()
    keys = CheckpointKeys(private.public_key(), private)
    empty = sign_checkpoint(None, keys, clock.now)
    assert (empty.number, empty.digest) == (0, FIRST_DIGEST)
    create_key(context.engine, Role.SALES, "Mary", by="me", now=clock.now)
    with database.reading(context.engine) as connection:
        require_match(connection, [empty])
