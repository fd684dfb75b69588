"""`fleet serve` starts, or names the reason in one sentence."""

import argparse
import re
import socket

import pytest

from cloud.__main__ import main as cloud_program
from cloud.fleet.__main__ import main as fleet_program
from cloud.fleet.cli import serve
from cloud.settings import SettingsError
from provisioning import key_store
from tests.cloud.databases import new_database
from tests.programs import run_program
from wire.command_line import OptionError


def words_of(folder, *more):
    where = ["--database", new_database(folder, "fleet.db"), "--broker", "mqtt://127.0.0.1:9"]
    return ["serve", "--authority", str(folder), *more, *where]


@pytest.fixture
def refusal(authority, capsys):
    """Runs `fleet serve`; the last line, everything before it is the log."""

    def refusal(*more, main=fleet_program):
        assert main(words_of(authority, *more)) == 2
        shown = capsys.readouterr().err
        assert "Traceback" not in shown
        return shown.splitlines()[-1]

    return refusal


@pytest.mark.parametrize("missing", ["server.crt", "server.key", "claims.crt", "trust.pem"])
def test_a_missing_certificate_ends_it_with_one_sentence(authority, refusal, missing):
    (authority / missing).unlink()
    output = refusal()
    assert "the enrolment service's certificates cannot be used (missing: " in output
    assert missing in output


def test_a_missing_revocation_list_ends_it_with_one_sentence(authority, refusal):
    (authority / "revoked.pem").unlink()
    assert "the revocation list" in refusal()


def test_a_key_of_another_certificate_ends_it_with_one_sentence(authority, refusal):
    key_store.write_private(
        authority / "server.key", key_store.encode_key(key_store.generate_key(), None)
    )
    assert "certificates cannot be used" in refusal(
        main=lambda words: cloud_program(["fleet", *words])
    )


def test_a_taken_port_ends_the_process_with_one_sentence(authority):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ["cloud.fleet", *words_of(authority)]
        words += ["--enrolment-bind", "127.0.0.1", "--enrolment-port", port]
        outcome = run_program(words, text=True)
    assert (outcome.returncode, "Traceback" in outcome.stderr) == (2, False)
    output = outcome.stderr.splitlines()[-1]
    assert f"cannot listen on 127.0.0.1 port {port}" in output
    assert "--enrolment-port" in output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            "--enrolment-port 1 --ca-socket a.socket",
            "--ca-socket, --enrolment-port would have no effect",
        ),
        ("--cert a.crt --broker mqtt://x", "--cert would have no effect: they are used with an mq"),
        ("--identity own --broker mqtt://x", "--identity would have no effect"),
        ("--broker mqtts://x", "give --ca, --cert and --key, or --identity DIR"),
        ("--broker mqtts://x --identity /none", "no file /none/trust.pem, /none/fleet.crt, /none"),
        ("--broker mqtts://x --identity /none --ca /ca.pem", "no file /ca.pem, /none/fleet.crt"),
    ],
)
def test_options_without_effect_and_missing_certificates_are_refused(options, sentence, tmp_path):
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    database = tmp_path / "fleet.db"
    asked = parser.parse_args([*options.split(), "--database", f"sqlite:///{database}"])
    with pytest.raises((OptionError, SettingsError), match=re.escape(sentence)):
        serve.serve(asked)
    assert not database.exists()
