"""The register stays intact when writers are killed, the disk is full or the file is damaged."""

import multiprocessing
import shutil
import sqlite3
from contextlib import closing

import pytest

from provisioning.__main__ import main
from provisioning.authority.ca import CertificateAuthority
from provisioning.authority.register import RegisterError
from tests.provisioning.certificates import NOW
from tests.signing_request import build_signing_request


def sign_many(folder, names):
    authority = CertificateAuthority(folder)
    for name in names:
        authority.sign_device(build_signing_request(name), "KX-01", at=NOW)


def test_two_writers_that_are_killed_leave_the_register_intact(authority):
    context = multiprocessing.get_context("spawn")
    batches = [[f"cam-{half}-{n}" for n in range(500)] for half in range(2)]
    first, second = (
        context.Process(target=sign_many, args=(authority.folder, batch)) for batch in batches
    )
    first.start()
    second.start()
    while len(authority.register.entries()) < 20:
        pass
    first.kill()
    second.kill()
    first.join()
    second.join()
    shutil.copy(authority.folder / "register.sqlite", authority.folder / "copy.sqlite")
    entries = authority.register.entries()
    assert len({entry.serial for entry in entries}) == len(entries) >= 20
    assert authority.sign_device(build_signing_request("after"), "KX-01", at=NOW).name == "after"


def test_a_full_disk_changes_nothing_and_is_reported_in_one_line(authority, monkeypatch, capsys):
    entry = authority.sign_device(build_signing_request("cam"), "KX-01", at=NOW)
    before = authority.register.entries()

    class Full(sqlite3.Connection):
        def execute(self, sql, *values):
            if sql.startswith(("insert", "update")):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return super().execute(sql, *values)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Full, **k))
    folder = str(authority.folder)
    assert main(["ca", "revoke", "--dir", folder, "--serial", entry.serial]) == 1
    [line] = [one for one in capsys.readouterr().err.splitlines() if one.startswith("error")]
    assert "the disk is full: free some space, then try again; nothing was changed" in line
    monkeypatch.undo()
    assert authority.register.entries() == before


def test_a_damaged_register_and_a_locked_one_have_different_errors(authority, monkeypatch):
    path = authority.folder / "register.sqlite"
    monkeypatch.setattr("provisioning.authority.register.LOCK_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(path)) as other:
        other.execute("begin immediate")
        with pytest.raises(RegisterError, match="another program is writing to it: try again"):
            authority.sign_device(build_signing_request("cam"), "KX-01", at=NOW)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(RegisterError, match="it is not a register: restore it from a backup"):
        authority.register.entries()
    assert path.read_bytes().startswith(b"no database")
