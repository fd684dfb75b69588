"""The authority: what it signs can be checked by others, what it takes back stays taken back."""

import multiprocessing
import os
import re
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from provisioning import key_store
from provisioning.__main__ import main
from provisioning.authority.ca import AuthorityError, CertificateAuthority, create_authority
from provisioning.authority.profiles import CertificateKind, CertificateSubject
from provisioning.authority.register import RegisterError

NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)


def request(name, key=None):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    made = builder.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return made.public_bytes(Encoding.PEM)


def certificate(entry):
    return x509.load_pem_x509_certificate(entry.certificate.encode())


def openssl(folder, entry, purpose, at):
    """What OpenSSL says about a certificate, as a broker or a camera would ask it."""
    (folder.parent / "leaf.pem").write_text(entry.certificate)
    command = ["openssl", "verify", "-CAfile", folder / "trust.pem", "-crl_check"]
    command += ["-CRLfile", folder / "revoked.pem", "-purpose", purpose]
    command += ["-attime", str(int(at.timestamp())), folder.parent / "leaf.pem"]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def office(tmp_path):
    return create_authority(tmp_path / "ca", name="Test", secret=None, at=NOW)


def test_nobody_else_can_read_the_keys(office):
    for path in [*office.folder.glob("*.key"), office.folder / "register.sqlite"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(office.folder.stat().st_mode) == 0o700


def test_a_device_certificate_names_device_and_location_and_can_only_connect(office):
    entry = office.sign_device(request("kx-01-cam-1"), "KX-01", at=NOW)
    subject = certificate(entry).subject.rfc4514_string()
    assert subject == "CN=kx-01-cam-1,OU=KX-01,O=Onlooker"
    assert entry.ends_at - NOW == timedelta(days=30)
    assert NOW - entry.starts_at == timedelta(minutes=5)
    assert openssl(office.folder, entry, "sslclient", NOW).returncode == 0
    assert openssl(office.folder, entry, "sslserver", NOW).returncode != 0


def test_a_server_certificate_cannot_be_used_to_connect(office):
    entry, _ = office.equip(
        CertificateSubject(CertificateKind.SERVER, "broker", hosts=("broker", "10.0.0.7")), at=NOW
    )
    assert openssl(office.folder, entry, "sslserver", NOW).returncode == 0
    assert openssl(office.folder, entry, "sslclient", NOW).returncode != 0


def test_a_claim_stands_under_no_root_that_the_broker_trusts(office):
    claim, _ = office.equip(CertificateSubject(CertificateKind.CLAIM, "batch-7"), at=NOW)
    outcome = openssl(office.folder, claim, "sslclient", NOW)
    assert "unable to get local issuer certificate" in outcome.stderr


def test_a_certificate_runs_out(office):
    entry = office.sign_device(request("cam"), "KX-01", at=NOW, days=1)
    late = openssl(office.folder, entry, "sslclient", NOW + timedelta(days=1, seconds=1))
    assert "certificate has expired" in late.stderr


def test_a_revoked_certificate_is_refused_and_the_others_are_not(office):
    gone = office.sign_device(request("cam-1"), "KX-01", at=NOW)
    stays = office.sign_device(request("cam-2"), "KX-01", at=NOW)
    office.revoke([gone.serial], reason="key-compromise", at=NOW)
    assert "certificate revoked" in openssl(office.folder, gone, "sslclient", NOW).stderr
    assert openssl(office.folder, stays, "sslclient", NOW).returncode == 0


def test_a_list_names_each_authoritys_own_certificates(office):
    device = office.sign_device(request("cam-1"), "KX-01", at=NOW)
    claim, _ = office.equip(CertificateSubject(CertificateKind.CLAIM, "batch-7"), at=NOW)
    text = office.folder.joinpath("revoked.pem")
    office.revoke([device.serial, claim.serial], reason="withdrawn", at=NOW)
    lists = text.read_bytes().split(b"-----BEGIN")[1:]
    serials = [
        [f"{one.serial_number:x}" for one in x509.load_pem_x509_crl(b"-----BEGIN" + part)]
        for part in lists
    ]
    assert serials == [[device.serial], [claim.serial]]


def test_lists_of_one_second_are_dated_apart_and_never_ahead(office):
    #  08:59:00 .. at most a minute back .. 09:00:00 now
    dates = []
    for _ in range(5):
        current = x509.load_pem_x509_crl(office.publish(at=NOW).read_bytes())
        dates.append(current.last_update_utc)
    assert dates == sorted(set(dates))
    assert dates[-1] <= NOW


def test_revoking_twice_keeps_the_first_reason(office):
    entry = office.sign_device(request("cam-1"), "KX-01", at=NOW)
    office.revoke([entry.serial], reason="key-compromise", at=NOW)
    [again] = office.revoke([entry.serial], reason="superseded", at=NOW + timedelta(hours=1))
    assert (again.reason, again.revoked_at) == ("key-compromise", NOW)


def test_what_was_never_signed_cannot_be_revoked(office):
    with pytest.raises(RegisterError, match="no certificate abc"):
        office.revoke(["abc"], reason="superseded", at=NOW)


def test_a_renewal_needs_a_new_key_and_a_standing_certificate(office):
    key = ec.generate_private_key(ec.SECP256R1())
    first = office.sign_device(request("cam-1", key), "KX-01", at=NOW)
    with pytest.raises(AuthorityError, match="a renewal needs a new key"):
        office.renew_device(request("cam-1", key), at=NOW)
    later = NOW + timedelta(days=20)
    second = office.renew_device(request("cam-1"), at=later)
    assert (second.name, second.location) == ("cam-1", "KX-01")
    assert first.stands(later)
    assert second.stands(later)
    office.revoke([first.serial, second.serial], reason="withdrawn", at=later)
    with pytest.raises(RegisterError, match="holds no certificate that stands"):
        office.renew_device(request("cam-1"), at=later)


def test_a_passphrase_closes_the_keys(tmp_path):
    office = create_authority(tmp_path / "ca", name="Test", secret=b"open sesame", at=NOW)
    assert b"ENCRYPTED" in (office.folder / "issuing.key").read_bytes()
    assert office.sign_device(request("cam"), "KX-01", at=NOW)
    for wrong in (None, b"open says me"):
        with pytest.raises(
            key_store.KeyStoreError, match="does not open: set ONLOOKER_CA_PASSPHRASE"
        ):
            CertificateAuthority(office.folder, wrong).sign_device(request("cam"), "KX-01", at=NOW)


def test_a_key_that_others_can_read_is_not_used(office):
    (office.folder / "issuing.key").chmod(0o640)
    with pytest.raises(key_store.KeyStoreError, match="mode 640, wanted 600"):
        office.sign_device(request("cam"), "KX-01", at=NOW)


def test_an_authority_is_opened_once(office):
    with pytest.raises(AuthorityError, match="is not empty"):
        create_authority(office.folder, name="Again", secret=None, at=NOW)


def test_a_half_made_authority_is_swept_away(tmp_path):
    draft = tmp_path / ".ca.draft"
    draft.mkdir()
    (draft / "root.key").write_text("half")
    office = create_authority(tmp_path / "ca", name="Test", secret=None, at=NOW)
    assert office.sign_device(request("cam"), "KX-01", at=NOW)
    assert not draft.exists()


def sign_many(folder, names):
    office = CertificateAuthority(folder)
    for name in names:
        office.sign_device(request(name), "KX-01", at=NOW)


def test_two_at_once_and_one_killed_leave_the_register_whole(office):
    context = multiprocessing.get_context("spawn")
    batches = [[f"cam-{half}-{n}" for n in range(500)] for half in range(2)]
    first, second = (
        context.Process(target=sign_many, args=(office.folder, batch)) for batch in batches
    )
    first.start()
    second.start()
    while len(office.register.entries()) < 20:
        pass
    first.kill()
    second.kill()
    first.join()
    second.join()
    shutil.copy(office.folder / "register.sqlite", office.folder / "copy.sqlite")
    entries = office.register.entries()
    assert len({entry.serial for entry in entries}) == len(entries) >= 20
    assert office.sign_device(request("after"), "KX-01", at=NOW).name == "after"


def ca(capsys, *words):
    code = main(["ca", *map(str, words)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_the_commands_tell_one_story(tmp_path, capsys):
    folder, out = tmp_path / "ca", tmp_path / "out"
    (tmp_path / "cam.csr").write_bytes(request("kx-01-cam-1"))
    (tmp_path / "new.csr").write_bytes(request("kx-01-cam-1"))
    device = ("--device", "kx-01-cam-1", "--location", "KX-01", "--csr", tmp_path / "cam.csr")
    assert ca(capsys, "init", "--dir", folder)[0] == 0
    assert ca(capsys, "issue", "--dir", folder, *device, "--out", out)[0] == 0
    assert ca(capsys, "issue", "--dir", folder, "--service", "stream", "--out", out)[0] == 0
    assert ca(capsys, "issue", "--dir", folder, "--server", "localhost", "--out", out)[0] == 0
    assert ca(capsys, "renew", "--dir", folder, "--csr", tmp_path / "new.csr", "--out", out)[0] == 0
    assert ca(capsys, "renew", "--dir", folder, "--service", "stream", "--out", out)[0] == 0
    assert "2 certificates" in ca(capsys, "list", "--dir", folder, "--expiring", 40)[1]
    code, said = ca(capsys, "revoke", "--dir", folder, "--name", "kx-01-cam-1")
    assert (code, said.count("revoked")) == (0, 2)
    assert "0 certificates" in ca(capsys, "list", "--dir", folder, "--expiring", 40)[1]
    assert "5 certificates" in ca(capsys, "list", "--dir", folder)[1]
    assert not (out / "kx-01-cam-1.key").exists()
    assert stat.S_IMODE((out / "stream.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["issue", "--device", "cam-1", "--out", "o"], "a device needs --location and --csr"),
        (["issue", "--service", "stream", "--out", "o", "--days", "999"], "wanted 1 to 366"),
        (["renew", "--service", "stream", "--out", "o"], "holds no certificate that stands"),
        (["renew", "--csr", "absent.csr", "--out", "o"], "cannot be read: No such file"),
        (["revoke", "--name", "nobody"], "holds no certificate that stands"),
    ],
)
def test_a_refusal_is_one_sentence(office, capsys, words, says):
    code, said = ca(capsys, words[0], "--dir", office.folder, *words[1:])
    assert code == 1
    assert re.match(r"error: .+\n\Z", said)
    assert says in said


@pytest.mark.parametrize(
    ("who", "more", "named"),
    [
        ("--service stream", "--location KX-01", "--location"),
        ("--server a.example", "--csr request.pem", "--csr"),
        ("--claim batch-7", "--csr request.pem --location KX-01", "--location, --csr"),
    ],
)
def test_an_option_that_does_not_apply_is_refused_by_name(
    office, tmp_path, capsys, who, more, named
):
    words = ["issue", "--dir", office.folder, "--out", tmp_path / "out", *f"{who} {more}".split()]
    code, said = ca(capsys, *words)
    assert (code, office.register.entries()) == (1, [])
    assert said.startswith(f"error: {named} would have no effect: they belong to --device")


def test_a_folder_that_is_no_authority_says_what_to_do(tmp_path, capsys):
    code, said = ca(capsys, "list", "--dir", tmp_path)
    assert code == 1
    assert "register.sqlite is missing" in said


def test_the_passphrase_may_come_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("open sesame\n")
    assert key_store.read_passphrase({key_store.PASSPHRASE_FILE: str(path)}) == b"open sesame"
    assert key_store.read_passphrase({key_store.PASSPHRASE: "word"}) == b"word"
    assert key_store.read_passphrase({}) is None
    with pytest.raises(key_store.KeyStoreError, match="cannot be read"):
        key_store.read_passphrase({key_store.PASSPHRASE_FILE: str(tmp_path / "absent")})


def test_a_torn_write_leaves_the_old_file(tmp_path, monkeypatch):
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


BLANKS = [b"", b"\n", b"\r\n", b"  \t\n", b"\n\n\n"]


@pytest.mark.parametrize("content", BLANKS)
def test_an_empty_passphrase_is_refused_and_no_authority_is_opened(tmp_path, monkeypatch, content):
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
def test_a_key_is_never_written_under_an_empty_passphrase(secret):
    with pytest.raises(key_store.KeyStoreError, match="is empty"):
        key_store.encode_key(key_store.generate_key(), secret)


def test_a_passphrase_from_two_places_is_refused(tmp_path):
    both = {key_store.PASSPHRASE: "a", key_store.PASSPHRASE_FILE: str(tmp_path / "secret")}
    with pytest.raises(key_store.KeyStoreError, match="are all set"):
        key_store.read_passphrase(both)
    with pytest.raises(key_store.KeyStoreError, match="cannot be read"):
        key_store.read_passphrase({key_store.PASSPHRASE_FILE: ""})


def test_a_full_disk_changes_nothing_and_is_told_in_one_sentence(office, monkeypatch, capsys):
    entry = office.sign_device(request("cam"), "KX-01", at=NOW)
    before = office.register.entries()

    class Full(sqlite3.Connection):
        def execute(self, sql, *values):
            if sql.startswith(("insert", "update")):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return super().execute(sql, *values)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Full, **k))
    folder = str(office.folder)
    assert main(["ca", "revoke", "--dir", folder, "--serial", entry.serial]) == 1
    [line] = [one for one in capsys.readouterr().err.splitlines() if one.startswith("error")]
    assert "the disk is full: free some space, then try again; nothing was changed" in line
    monkeypatch.undo()
    assert office.register.entries() == before


def test_a_register_that_is_damaged_or_locked_is_told_apart(office, monkeypatch):
    path = office.folder / "register.sqlite"
    monkeypatch.setattr("provisioning.authority.register.LOCK_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(path)) as other:
        other.execute("begin immediate")
        with pytest.raises(RegisterError, match="another program is writing to it: try again"):
            office.sign_device(request("cam"), "KX-01", at=NOW)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(RegisterError, match="it is no register: restore it from a backup"):
        office.register.entries()
    assert path.read_bytes().startswith(b"no database")


WRONG = [
    ("issue --server", ["bad host", "", ",", "a,,b", "a:8883", "*.example.org", "-a", "a..b", "a/b",
                        "a\nb", "caf\u00e9.example", "host.", "1.2.3", "::1]", "x" * 254]),
    ("issue --service", ["banana", "", "a/b", "stream.x", "stream.", "stream.0", "stream.\u0661",
                         "stream.2.3", "Stream", "../stream"]),
    ("issue --device", ["../x", "", ".", "a/b", "a b", "a\n", "#", "+", "$SYS", "x" * 64]),
    ("issue --claim", ["../x", "", "a b"]),
    ("issue --service stream --days", ["0", "-1", "1e3", "99999999999", "\u0661", ""]),
    ("issue --device cam --csr x --location", ["../x", "", "a/b", "#"]),
    ("list --expiring", ["-1", "99999999999999999", "x"]),
    ("revoke --serial", ["../x", "", "zz", "1" * 41]),
    ("init --name", ["", "x" * 41, "a\nb", "caf\u00e9", " x"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "value"), [(words, value) for words, values in WRONG for value in values]
)
def test_an_argument_that_is_not_allowed_changes_nothing(office, tmp_path, capsys, words, value):
    action, *options = words.split()
    before = sorted(tmp_path.rglob("*"))
    command = ["ca", action, "--dir", str(office.folder), *options, value]
    command += ["--out", str(tmp_path / "out")] if action == "issue" else []
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert options[-1] in said
    assert sorted(tmp_path.rglob("*")) == before
    assert office.register.entries() == []


@pytest.mark.parametrize(
    ("host", "named"),
    [("MQTT.Example.org", "mqtt.example.org"), ("10.0.0.1", "10.0.0.1"), ("::1", "::1")],
)
def test_a_server_is_named_by_its_hosts(office, tmp_path, capsys, host, named):
    out = tmp_path / "out"
    assert ca(capsys, "issue", "--dir", office.folder, "--server", host, "--out", out)[0] == 0
    [entry] = office.register.entries(name=named)
    assert (out / f"{named}.crt").exists()
    assert entry.kind is CertificateKind.SERVER
