"""The `aws` commands: arguments, confirmation, and errors in one line."""

import json

import pytest

from provisioning.__main__ import main

REGION = "eu-west-2"


def run_aws(capsys, *words):
    status = main(["aws", *words])
    shown = capsys.readouterr()
    return status, shown.out + shown.err


def test_destroy_requires_the_name_as_confirmation(capsys):
    code, shown = run_aws(capsys, "destroy", "--region", REGION)
    assert (code, shown) == (1, "error: to delete onlooker, add --yes onlooker\n")


def test_each_template_has_a_stack_of_its_own(capsys):
    words = ("destroy", "--region", REGION, "--template", "lake", "--yes", "onlooker")
    code, shown = run_aws(capsys, *words)
    assert (code, shown) == (1, "error: to delete onlooker-lake, add --yes onlooker-lake\n")


@pytest.mark.parametrize(
    ("word", "error"),
    [("Stage", "write NAME=VALUE"), ("Sauce=1", "no such parameter; give one of Stage")],
)
def test_invalid_parameters_are_refused(capsys, word, error):
    code, shown = run_aws(capsys, "plan", "--region", REGION, word)
    assert code == 1
    assert error in shown


def test_a_plan_without_credentials_is_refused_in_one_line(monkeypatch, tmp_path, capsys):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it remembers who it was
    assert main(["aws", "plan", "--region", "eu-west-2"]) == 1
    assert "error: AWS cannot be used: no credentials are set" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("cost", "--cameras", "0"),
        ("cost", "--cameras", "10000001"),
        ("cost", "--reports-per-message", "1001"),
        ("plan", "--region", "London"),
        ("deploy", "--region", REGION, "--stack", "1st"),
        ("template", "--template", "pond"),
        ("plan",),
        (),
    ],
)
def test_an_invalid_argument_ends_the_command_with_its_usage(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(["aws", *words])
    assert ended.value.code == 2
    assert "usage: python -m provisioning aws" in capsys.readouterr().err


def test_an_estimate_is_printed_for_each_number_of_cameras_and_adds_up(capsys):
    status, shown = run_aws(capsys, "cost", "--cameras", "1", "2000")
    assert status == 0
    lines = shown.splitlines()
    assert [line.split(",")[0] for line in lines if not line.startswith(" ")] == ["1 cameras", "2"]
    second = lines.index(next(line for line in lines if line.startswith("2,000 cameras")))
    for block in (lines[1:second], lines[second + 1 :]):
        *items, total = (float(line.split()[0]) for line in block)
        assert total == pytest.approx(sum(items), abs=0.05)


def test_basic_ingest_costs_less_for_messages(capsys):
    plain = run_aws(capsys, "cost", "--cameras", "1000")[1]
    direct = run_aws(capsys, "cost", "--cameras", "1000", "--basic-ingest")[1]
    assert "Basic Ingest" in direct
    assert "Basic Ingest" not in plain


def test_the_template_is_printed_as_json(capsys):
    for words in ((), ("--template", "lake")):
        status, shown = run_aws(capsys, "template", *words)
        assert status == 0
        assert json.loads(shown)["AWSTemplateFormatVersion"] == "2010-09-09"
