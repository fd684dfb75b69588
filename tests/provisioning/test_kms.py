"""An authority whose passphrase only AWS KMS can open, on moto."""

import pytest
from moto import mock_aws

from provisioning.__main__ import main
from provisioning.kms import KMS_FILE_VARIABLE


@pytest.fixture
def key(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    with mock_aws():
        import boto3

        yield boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]


@pytest.fixture
def sealed(key, tmp_path, monkeypatch):
    path = tmp_path / "passphrase.kms"
    assert main(["ca", "seal", "--kms-key", key, "--out", str(path)]) == 0
    monkeypatch.setenv(KMS_FILE_VARIABLE, str(path))
    return path


def opens(tmp_path) -> int:
    equip = ["ca", "issue", "--dir", str(tmp_path / "ca"), "--service", "stream"]
    return main([*equip, "--out", str(tmp_path / "out")])


def test_an_authority_under_kms_works_with_the_key_and_not_without(
    sealed, tmp_path, monkeypatch, capsys
):
    assert main(["ca", "init", "--dir", str(tmp_path / "ca")]) == 0
    assert b"ENCRYPTED" in (tmp_path / "ca" / "issuing.key").read_bytes()
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert opens(tmp_path) == 0

    monkeypatch.delenv(KMS_FILE_VARIABLE)
    assert opens(tmp_path) == 1
    assert "cannot be decrypted" in capsys.readouterr().err


def test_a_file_that_kms_did_not_seal_is_refused_with_a_sentence(sealed, tmp_path, capsys):
    assert main(["ca", "init", "--dir", str(tmp_path / "ca")]) == 0
    sealed.write_bytes(b"bm90IHNlYWxlZA==")

    assert opens(tmp_path) == 1
    assert "ca seal" in capsys.readouterr().err


def test_a_passphrase_is_never_written_over(sealed, key, capsys):
    before = sealed.read_bytes()

    assert main(["ca", "seal", "--kms-key", key, "--out", str(sealed)]) == 1
    assert sealed.read_bytes() == before


def test_an_unknown_key_makes_nothing(key, tmp_path, capsys):
    path = tmp_path / "passphrase.kms"

    assert main(["ca", "seal", "--kms-key", "alias/none", "--out", str(path)]) == 1
    assert "KMS cannot create a passphrase" in capsys.readouterr().err
    assert not path.exists()
