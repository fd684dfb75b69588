"""The same commands on AWS, in moto, which stores jobs but runs none and has no sessions to end."""

import argparse
import json
from functools import cache
from pathlib import Path

import pytest

from cloud.fleet.cli import commands

REGION = "eu-west-2"
WEIGHTS = Path(__file__).parents[4] / "edge_agent" / "weights"
CARD = json.loads((WEIGHTS / "onlooker-face.json").read_text()) | {"name": "d-2"}
ACCOUNT = "123456789012"


@pytest.fixture
def aws(monkeypatch):
    """Three cameras, two of them canaries, each with a certificate."""
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        iot = boto3.client("iot", region_name=REGION)
        iot.create_thing_group(thingGroupName="canary")
        for name, place in (("cam-1", "KX-01"), ("cam-2", "KX-01"), ("b", "LB-01")):
            iot.create_thing(thingName=name, attributePayload={"attributes": {"location": place}})
            made = iot.create_keys_and_certificate(setAsActive=True)
            iot.attach_thing_principal(thingName=name, principal=made["certificateArn"])
            if name != "b":
                iot.add_thing_to_thing_group(thingGroupName="canary", thingName=name)
        yield cache(lambda service: boto3.client(service, region_name=REGION))


@pytest.fixture
def run_command(aws, capsys):
    def run(*words):
        parser = argparse.ArgumentParser()
        commands.add_arguments(parser)
        status = commands.run(parser.parse_args([*words, "--on-aws", REGION]))
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return run


def reported(aws, name, **state):
    payload = json.dumps({"state": {"reported": state}}).encode()
    aws("iot-data").update_thing_shadow(thingName=name, shadowName="config", payload=payload)


def test_things_are_found_by_group_and_location(run_command):
    assert run_command("list")[1] == "b\ncam-1\ncam-2\n3 things\n"
    assert run_command("list", "--group", "canary")[1] == "cam-1\ncam-2\n2 things\n"
    assert run_command("list", "--location", "LB-01")[1] == "b\n1 things\n"
    assert run_command("list", "--group", "nobody")[1] == "0 things\n"


def test_a_config_change_is_previewed_then_applied_and_drifts_until_the_device_applies_it(
    aws, run_command
):
    assert run_command("set", "paused=true", "--device", "b")[1].splitlines() == [
        'b  paused: "-" → true',
        "1 devices would change; --apply does it",
    ]
    assert run_command("drift")[1] == "0 devices drift\n"
    assert "1 devices changed" in run_command("set", "paused=true", "--device", "b", "--apply")[1]
    assert 'b at LB-01  {"paused":true}' in run_command("drift")[1]
    reported(aws, "b", paused=True)
    assert run_command("drift")[1] == "0 devices drift\n"
    assert run_command("set", "paused=true", "--device", "b", "--apply")[1] == "0 devices changed\n"


def test_a_setting_outside_the_schema_changes_no_device(run_command):
    assert run_command("set", "sauce=1", "--all", "--apply")[0] == 2
    assert run_command("drift")[1] == "0 devices drift\n"


def test_a_model_is_rolled_out_with_its_limits_and_back(aws, run_command):
    words = ("roll-out", "d-2", "--group", "canary", "--replaces", "d-1", "--per-minute", "5")
    assert run_command(*words)[1] == "2 devices would get d-2; --apply does it\n"
    job = run_command(*words, "--apply")[1].strip()
    iot = aws("iot")
    shown = iot.describe_job(jobId=job)["job"]
    assert [arn.rpartition(":")[2] for arn in shown["targets"]] == ["thinggroup/canary"]
    document = json.loads(iot.get_job_document(jobId=job)["document"])
    assert document == {"operation": "model", "version": "d-2", "replaces": "d-1"}
    assert run_command("roll-back", job)[0] == 0
    assert iot.describe_job(jobId=job)["job"]["status"] == "CANCELED"
    assert "no job 'none' on AWS" in run_command("roll-back", "none")[1]


def test_the_signed_package_travels_with_the_job(aws, run_command, tmp_path):
    package = {"url": "https://models.example.org/d-2", "card": json.dumps(CARD)}
    (tmp_path / "more.json").write_text(json.dumps({"package": package}))
    words = ("roll-out", "d-2", "--device", "b", "--package", str(tmp_path / "more.json"))
    refused, why = run_command(*words, "--apply")
    assert (refused, "no camera would understand this job" in why) == (2, True)
    empty = {**package, "card": "{}", "signature": "c2lnbmVk"}
    (tmp_path / "more.json").write_text(json.dumps({"package": empty}))
    assert "the package's card is not a model card" in run_command(*words, "--apply")[1]
    whole = {"package": {**package, "signature": "c2lnbmVk"}}
    (tmp_path / "more.json").write_text(json.dumps(whole))
    status, job = run_command(*words, "--apply")
    assert status == 0, job
    document = json.loads(aws("iot").get_job_document(jobId=job.strip())["document"])
    assert document["package"] == whole["package"]


def test_one_thing_is_shown_with_its_certificates_and_what_it_should_be(aws, run_command):
    run_command("set", "paused=true", "--device", "cam-1", "--apply")
    shown = json.loads(run_command("show", "cam-1")[1])
    assert (shown["attributes"], shown["groups"]) == ({"location": "KX-01"}, ["canary"])
    assert [one["status"] for one in shown["certificates"]] == ["ACTIVE"]
    assert shown["config"]["desired"] == {"paused": True}
    assert run_command("show", "nobody") == (2, "no thing 'nobody' on AWS: see `fleet list`\n")


def test_another_order_is_shown_then_given_and_listed(aws, run_command):
    words = ("job", "create", "restart", "--device", "b")
    assert run_command(*words)[1] == "1 devices would restart; --apply does it\n"
    job = run_command(*words, "--apply")[1].strip()
    assert json.loads(aws("iot").get_job_document(jobId=job)["document"]) == {
        "operation": "restart"
    }
    assert run_command("job", "list")[1].startswith(f"{job}  ")
    assert run_command("job", "create", "dance", "--device", "b", "--apply")[0] == 2
    assert (
        "no thing group 'x' on AWS"
        in run_command("job", "create", "restart", "--group", "x", "--apply")[1]
    )


def test_more_things_than_one_job_takes_want_a_group(aws, run_command):
    for number in range(101):
        aws("iot").create_thing(thingName=f"many-{number}")
    status, why = run_command("job", "create", "restart", "--all", "--apply")
    assert (status, "AWS takes 100 for one job: put them into a thing group" in why) == (2, True)


def test_retiring_revokes_the_certificate(aws, run_command):
    status, output = run_command("retire", "cam-1")
    assert (status, output.count("revoked ")) == (0, 1)
    iot = aws("iot")
    states = [one["status"] for one in iot.list_certificates()["certificates"]]
    assert sorted(states) == ["ACTIVE", "ACTIVE", "REVOKED"]
