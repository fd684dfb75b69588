"""Keys and passphrases: how they are read, and what is never written."""

import os
import stat
from pathlib import Path

import pytest

from provisioning import key_store
from provisioning.__main__ import main
from provisioning.key_store import FileOwner

BLANKS = [b"", b"\n", b"\r\n", b"  \t\n", b"\n\n\n"]


def test_the_passphrase_may_come_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("open sesame\n")
    assert key_store.read_passphrase({key_store.PASSPHRASE_FILE: str(path)}) == b"open sesame"
    assert key_store.read_passphrase({key_store.PASSPHRASE: "word"}) == b"word"
    assert key_store.read_passphrase({}) is None
    with pytest.raises(key_store.KeyStoreError, match="cannot be read"):
        key_store.read_passphrase({key_store.PASSPHRASE_FILE: str(tmp_path / "absent")})


def test_a_passphrase_from_two_places_is_refused(tmp_path):
    both = {key_store.PASSPHRASE: "a", key_store.PASSPHRASE_FILE: str(tmp_path / "secret")}
    with pytest.raises(key_store.KeyStoreError, match="are all set"):
        key_store.read_passphrase(both)
    with pytest.raises(key_store.KeyStoreError, match="cannot be read"):
        key_store.read_passphrase({key_store.PASSPHRASE_FILE: ""})


@pytest.mark.parametrize("content", BLANKS)
def test_an_empty_passphrase_is_refused_and_no_authority_is_created(tmp_path, monkeypatch, content):
    secret = tmp_path / "secret"
    secret.write_bytes(content)
    monkeypatch.setenv(key_store.PASSPHRASE_FILE, str(secret))
    monkeypatch.delenv(key_store.PASSPHRASE, raising=False)
    assert main(["ca", "init", "--dir", str(tmp_path / "ca")]) == 1
    assert not (tmp_path / "ca").exists()
    monkeypatch.delenv(key_store.PASSPHRASE_FILE)
    monkeypatch.setenv(key_store.PASSPHRASE, content.decode())
    assert main(["ca", "init", "--dir", str(tmp_path / "ca")]) == 1
    assert not (tmp_path / "ca").exists()


@pytest.mark.parametrize("secret", BLANKS)
def test_a_key_is_not_encrypted_with_an_empty_passphrase(secret):
    with pytest.raises(key_store.KeyStoreError, match="is empty"):
        key_store.encode_key(key_store.generate_key(), secret)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "revoked.pem"
    key_store.write_public(path, b"old")

    def fails(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(
        key_store.KeyStoreError, match="No space left on device; what was there before"
    ):
        key_store.write_public(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_its_owner_and_mode_before_it_is_renamed(tmp_path, monkeypatch):
    attributes = []
    target = tmp_path / "access.acl"
    replace = Path.replace

    def record_attributes(draft, name):
        found = draft.stat()
        attributes.append((stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid))
        return replace(draft, name)

    monkeypatch.setattr(Path, "replace", record_attributes)
    owner = FileOwner(os.geteuid(), os.getegid())
    key_store.write_private(target, b"rules", owner=owner)
    assert attributes == [(0o600, owner.uid, owner.gid)]
    assert key_store.is_private(target, owner)
    target.chmod(0o644)
    assert not key_store.is_private(target, owner)
