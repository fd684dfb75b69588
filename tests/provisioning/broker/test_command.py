"""The `broker` command: its settings, and arguments that it refuses before it starts."""

import os
import pwd
import signal
from pathlib import Path

import pytest

from provisioning.__main__ import main as provisioning_main
from provisioning.authority.ca import create_authority
from provisioning.broker import command
from provisioning.broker.settings import BrokerError, IssuedCertificate
from provisioning.commands import parser
from tests.provisioning.certificates import NOW

OWN_ACCOUNT = Path("/proc/self").owner()


@pytest.fixture(autouse=True)
def _signal_handlers():
    """The command installs handlers of its own; restore those of the test runner."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "auth_plugin.so"
    path.write_bytes(b"")
    return path


def read_settings(*words):
    return command.read_settings(parser().parse_args(["broker", *map(str, words)]))


def test_the_defaults_are_those_of_the_help(tmp_path):
    settings = read_settings("--dir", tmp_path, "--user", OWN_ACCOUNT, "--no-auth-plugin")
    assert settings.folder == tmp_path
    assert settings.authority == tmp_path / "ca"
    assert (settings.port, settings.bind, settings.websockets_port) == (8883, "0.0.0.0", None)
    assert settings.limits.messages_per_s == 100
    assert settings.auth_plugin is None


def test_an_issued_certificate_is_used_in_place_of_host_names(tmp_path):
    words = ["--dir", tmp_path, "--user", OWN_ACCOUNT, "--no-auth-plugin"]
    files = {"--cert": tmp_path / "a.crt", "--key": tmp_path / "a.key"}
    both = [word for pair in files.items() for word in pair]
    assert read_settings(*words, *both).issued == IssuedCertificate(*files.values())
    for wrong in (both[:2], both[2:], [*both, "--host", "mqtt.example.org"]):
        with pytest.raises(BrokerError, match="give --cert and --key without --host"):
            read_settings(*words, *wrong)


def test_every_option_reaches_the_settings(tmp_path, plugin):
    words = ["--dir", tmp_path, "--user", OWN_ACCOUNT, "--authority", tmp_path / "own"]
    words += ["--port", 1883, "--websockets", 8884, "--bind", "127.0.0.1"]
    settings = read_settings(*words, "--auth-plugin", plugin, "--messages-per-s", 7)
    assert settings.authority == tmp_path / "own"
    assert (settings.port, settings.bind) == (1883, "127.0.0.1")
    assert settings.websockets_port == 8884
    assert settings.auth_plugin == plugin
    assert settings.limits.messages_per_s == 7
    assert settings.limits.burst_messages == 1_000


def test_a_missing_plugin_is_refused_with_three_remedies(tmp_path):
    words = ["--dir", tmp_path, "--user", OWN_ACCOUNT, "--auth-plugin", tmp_path / "absent.so"]
    with pytest.raises(BrokerError) as refused:
        read_settings(*words)
    for part in ("absent.so: compile it", "name it with --auth-plugin or ONLOOKER_AUTH_PLUGIN",
                 "start with --no-auth-plugin"):  # fmt: skip
        assert part in str(refused.value)


def test_a_plugin_and_no_plugin_exclude_each_other(tmp_path, plugin, capsys):
    with pytest.raises(SystemExit):
        read_settings("--dir", tmp_path, "--auth-plugin", plugin, "--no-auth-plugin")
    assert "not allowed with argument" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "error"),
    [
        ("--port", "0", "is not a port number: give a whole number from 1 to 65535"),
        ("--port", "65536", "is not a port number"),
        ("--websockets", "mqtt", "is not a port number"),
        ("--bind", "localhost", "is not an IP address"),
        ("--host", "mqtt.example.org:8883", "is not a host"),
        ("--messages-per-s", "0", "is not a number of messages"),
    ],
)
def test_an_invalid_option_is_refused_by_name(tmp_path, capsys, option, value, error):
    with pytest.raises(SystemExit) as ended:
        read_settings("--dir", tmp_path, option, value)
    shown = capsys.readouterr().err
    assert ended.value.code == 2
    assert option in shown
    assert error in shown


def test_another_account_is_refused_without_root(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("nobody").pw_uid)
    words = ["broker", "--dir", str(tmp_path / "broker"), "--user", "mosquitto", "--no-auth-plugin"]
    assert provisioning_main(words) == 1
    error = capsys.readouterr().err
    assert "--user mosquitto: only root can run Mosquitto as another account" in error
    assert not (tmp_path / "broker").exists()


def test_an_account_that_does_not_exist_is_refused_as_root(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(BrokerError, match="there is no account 'no-such-user' to run Mosquitto"):
        read_settings("--dir", tmp_path, "--user", "no-such-user", "--no-auth-plugin")


def run(capsys, *words):
    """The exit status and the errors of a broker that does not start."""
    words = ["broker", *map(str, words), "--user", OWN_ACCOUNT, "--no-auth-plugin"]
    return provisioning_main(words), capsys.readouterr().err


def test_two_equal_ports_are_refused(tmp_path, capsys):
    status, error = run(capsys, "--dir", tmp_path, "--websockets", "8883")
    assert (status, error) == (
        1,
        "error: --port and --websockets are both 8883: give two ports\n",
    )


def test_a_broker_without_an_authority_is_refused_with_a_remedy(tmp_path, capsys):
    status, error = run(capsys, "--dir", tmp_path)
    assert status == 1
    assert "register.sqlite is missing: is this an authority's folder?" in error


def test_a_path_too_long_for_a_socket_is_refused_at_once(tmp_path, capsys):
    deep = tmp_path / ("d" * 120)
    create_authority(deep / "ca", name="Test", secret=None, at=NOW)
    status, error = run(capsys, "--dir", deep, "--host", "localhost")
    assert status == 1
    assert "is too long for a socket: choose a --dir" in error
