"""Options that select a camera and its broker: invalid ones are reported, secrets are not shown."""

import pytest

from edge_agent.__main__ import main


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (["--source", "/no/such.mp4"], "no file /no/such.mp4"),
        (["--source", "ftp://u:s3cret@h/x"], "begin it with rtsp://"),
        (["--location", "a/b"], "is not a name"),
        (["--device", "#"], "is not a name"),
        (["--broker", "http://h"], "begin it with mqtt:// or mqtts://"),
        (["--config", "/no/such.toml"], "cannot be read"),
        (["--outbox", "/proc/outbox"], "give --outbox a path"),
    ],
)
def test_an_invalid_option_is_reported_in_one_line(arguments, changed, reason, capsys):
    assert main(["run", *arguments, "--broker", "mqtt://127.0.0.1:1", *changed]) == 2
    output = capsys.readouterr().err.splitlines()
    assert reason in output[-1]
    assert output[-1].startswith("edge_agent: ")
    assert "s3cret" not in " ".join(output)


def test_cameras_in_the_file_and_on_the_command_line_exclude_each_other(
    two_cameras, arguments, capsys
):
    assert main(["run", *arguments, "--config", str(two_cameras), "--broker", "mqtt://h"]) == 2
    assert "omit --source and --location and --device" in capsys.readouterr().err
    assert main(["run", "--broker", "mqtt://h"]) == 2
    assert "--config a file with [[camera]] tables" in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan"])
def test_an_invalid_speed_is_rejected(arguments, speed):
    with pytest.raises(SystemExit) as end:
        main(["run", *arguments, "--broker", "mqtt://h", "--speed", speed])
    assert end.value.code == 2


def test_source_and_broker_can_come_from_files_and_the_environment(
    arguments, tmp_path, capsys, monkeypatch
):
    (tmp_path / "source").write_text(arguments[1] + "\n")
    (tmp_path / "broker").write_text("mqtt://u:s3cret@127.0.0.1:1\n")
    rest = arguments[2:]
    given = ["--source", f"@{tmp_path}/source", "--broker", f"@{tmp_path}/broker"]
    main(["check", *given, *rest])
    typed = capsys.readouterr()
    monkeypatch.setenv("ONLOOKER_SOURCE", arguments[1])
    monkeypatch.setenv("ONLOOKER_BROKER_URL", f"@{tmp_path}/broker")
    main(["check", *rest])
    environment = capsys.readouterr()
    for output in (typed, environment):
        assert "camera      ok    320 x 180" in output.out
        assert "mqtt://127.0.0.1:1: the host rejects" in output.out
        assert "credentials.visible" not in output.err
        assert "s3cret" not in output.out + output.err


def test_credentials_on_the_command_line_cause_a_warning(arguments, capsys):
    main(["check", *arguments, "--broker", "mqtt://u:s3cret@127.0.0.1:1"])
    output = capsys.readouterr().err
    assert "credentials.visible" in output
    assert "s3cret" not in output


def test_a_run_with_a_missing_certificate_exits_and_names_the_file(tmp_path, capsys):
    missing = tmp_path / "ca.pem"
    source = tmp_path / "clip.mp4"
    source.write_bytes(b"")
    options = ["run", "--source", str(source), "--location", "KX-01", "--device", "kx-01-cam-1"]
    broker = ["--broker", "mqtts://localhost:1", "--ca", str(missing)]

    assert main([*options, *broker, "--outbox", str(tmp_path / "cam.db")]) == 2

    output = capsys.readouterr().err
    assert f"--ca: there is no file {missing}" in output
    assert "Traceback" not in output
