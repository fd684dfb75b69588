"""The `ca` commands: what they write, and how they refuse invalid arguments."""

import re
import stat

import pytest

from provisioning.__main__ import main
from provisioning.authority.profiles import CertificateKind
from tests.provisioning.certificates import run_ca
from tests.signing_request import build_signing_request

INVALID_ARGUMENTS = [
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


def test_the_commands_issue_renew_list_and_revoke(tmp_path, capsys):
    folder, out = tmp_path / "ca", tmp_path / "out"
    (tmp_path / "cam.csr").write_bytes(build_signing_request("kx-01-cam-1"))
    (tmp_path / "new.csr").write_bytes(build_signing_request("kx-01-cam-1"))
    device = ("--device", "kx-01-cam-1", "--location", "KX-01", "--csr", tmp_path / "cam.csr")
    assert run_ca(capsys, "init", "--dir", folder)[0] == 0
    assert run_ca(capsys, "issue", "--dir", folder, *device, "--out", out)[0] == 0
    assert run_ca(capsys, "issue", "--dir", folder, "--service", "stream", "--out", out)[0] == 0
    assert run_ca(capsys, "issue", "--dir", folder, "--server", "localhost", "--out", out)[0] == 0
    renewal = ("--csr", tmp_path / "new.csr", "--out", out)
    assert run_ca(capsys, "renew", "--dir", folder, *renewal)[0] == 0
    assert run_ca(capsys, "renew", "--dir", folder, "--service", "stream", "--out", out)[0] == 0
    assert "2 certificates" in run_ca(capsys, "list", "--dir", folder, "--expiring", 40)[1]
    code, output = run_ca(capsys, "revoke", "--dir", folder, "--name", "kx-01-cam-1")
    assert (code, output.count("revoked")) == (0, 2)
    assert "0 certificates" in run_ca(capsys, "list", "--dir", folder, "--expiring", 40)[1]
    assert "5 certificates" in run_ca(capsys, "list", "--dir", folder)[1]
    assert not (out / "kx-01-cam-1.key").exists()
    assert stat.S_IMODE((out / "stream.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["issue", "--device", "cam-1", "--out", "o"], "a device needs --location and --csr"),
        (["issue", "--service", "stream", "--out", "o", "--days", "999"], "wanted 1 to 366"),
        (["renew", "--service", "stream", "--out", "o"], "has no valid certificate"),
        (["renew", "--csr", "absent.csr", "--out", "o"], "cannot be read: No such file"),
        (["revoke", "--name", "nobody"], "has no valid certificate"),
    ],
)
def test_a_refusal_is_one_line(authority, capsys, words, error):
    code, output = run_ca(capsys, words[0], "--dir", authority.folder, *words[1:])
    assert code == 1
    assert re.match(r"error: .+\n\Z", output)
    assert error in output


@pytest.mark.parametrize(
    ("who", "more", "named"),
    [
        ("--service stream", "--location KX-01", "--location"),
        ("--server a.example", "--csr request.pem", "--csr"),
        ("--claim batch-7", "--csr request.pem --location KX-01", "--location, --csr"),
    ],
)
def test_an_option_that_does_not_apply_is_refused_by_name(
    authority, tmp_path, capsys, who, more, named
):
    words = ["issue", "--dir", authority.folder, "--out", tmp_path / "out"]
    code, output = run_ca(capsys, *words, *who.split(), *more.split())
    assert (code, authority.register.entries()) == (1, [])
    assert output.startswith(f"error: {named} would have no effect: they belong to --device")


def test_a_folder_without_an_authority_is_refused_with_a_remedy(tmp_path, capsys):
    code, output = run_ca(capsys, "list", "--dir", tmp_path)
    assert code == 1
    assert "register.sqlite is missing" in output


@pytest.mark.parametrize(
    ("words", "value"), [(words, value) for words, values in INVALID_ARGUMENTS for value in values]
)
def test_an_invalid_argument_changes_nothing(authority, tmp_path, capsys, words, value):
    action, *options = words.split()
    before = sorted(tmp_path.rglob("*"))
    command = ["ca", action, "--dir", str(authority.folder), *options, value]
    command += ["--out", str(tmp_path / "out")] if action == "issue" else []
    with pytest.raises(SystemExit) as exited:
        main(command)
    assert exited.value.code == 2
    output = capsys.readouterr().err
    assert "Traceback" not in output
    assert options[-1] in output
    assert sorted(tmp_path.rglob("*")) == before
    assert authority.register.entries() == []


@pytest.mark.parametrize(
    ("host", "named"),
    [("MQTT.Example.org", "mqtt.example.org"), ("10.0.0.1", "10.0.0.1"), ("::1", "::1")],
)
def test_a_server_is_named_by_its_hosts(authority, tmp_path, capsys, host, named):
    out = tmp_path / "out"
    words = ["issue", "--dir", authority.folder, "--server", host, "--out", out]
    assert run_ca(capsys, *words)[0] == 0
    [entry] = authority.register.entries(name=named)
    assert (out / f"{named}.crt").exists()
    assert entry.kind is CertificateKind.SERVER
