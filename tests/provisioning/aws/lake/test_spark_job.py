"""The job on Spark: a request that the API takes, and an entry point that runs the command."""

import json
import sys

import pytest
from botocore import xform_name
from botocore.session import get_session
from botocore.validate import ParamValidator

import cloud.__main__
from provisioning.aws.lake import spark_job
from tests.provisioning.aws.lake.references import ACCOUNT, REFERENCES, resolve


@pytest.fixture(scope="module")
def request_of_job():
    schedule = spark_job.schedule()["Marts"]["Properties"]
    return json.loads(resolve(schedule["Target"]["Input"], REFERENCES))


def lower_case(value):
    """Names as the API writes them; the scheduler writes them with a capital."""
    if not isinstance(value, dict):
        return value
    return {name[0].lower() + name[1:]: lower_case(one) for name, one in value.items()}


def test_the_request_is_one_that_emr_serverless_takes(request_of_job):
    model = get_session().get_service_model("emr-serverless").operation_model("StartJobRun")
    assert xform_name(model.name) == "start_job_run"
    report = ParamValidator().validate(lower_case(request_of_job), model.input_shape)
    assert report.generate_report() == ""
    assert request_of_job["ClientToken"] == "<aws.scheduler.execution-id>"


def test_the_job_builds_the_marts_from_the_lake_with_the_sites_file(request_of_job):
    submit = request_of_job["JobDriver"]["SparkSubmit"]
    bucket = f"s3://onlooker-test-config-{ACCOUNT}"
    assert submit["EntryPoint"] == f"{bucket}/spark/run.py"
    assert submit["EntryPointArguments"] == ["marts", "build", "--spark"]
    settings = submit["SparkSubmitParameters"].split(" --conf ")
    driver = "spark.emr-serverless.driverEnv"
    assert f"{driver}.ONLOOKER_LAKE=s3://onlooker-test-{{zone}}-{ACCOUNT}" in settings
    assert f"{driver}.ONLOOKER_SITES={bucket}/sites.yaml" in settings
    assert f"{driver}.ONLOOKER_DATABASE_SECRET={REFERENCES['DatabaseSecret']}" in settings


@pytest.mark.parametrize("status", [0, 2])
def test_the_entry_point_runs_the_command_and_fails_with_it(monkeypatch, status: int):
    monkeypatch.setattr(cloud.__main__, "main", lambda words: status if words == ["a"] else 9)
    monkeypatch.setattr(sys, "argv", ["run.py", "a"])
    ended = 0
    try:
        exec(spark_job.SCRIPT, {})
    except SystemExit as found:
        ended = found.code
    assert ended == status
