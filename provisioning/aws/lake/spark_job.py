"""The marts as a scheduled job of EMR Serverless: its entry point, environment and schedule.

`python -m provisioning aws upload` writes the entry point and the environment to the bucket of the
configuration.
"""

import json
from typing import Final

from provisioning.aws import buckets
from provisioning.aws.buckets import Resource
from provisioning.aws.lake import access
from provisioning.aws.lake.zones import CONFIG

ENTRY_POINT: Final = "spark/run.py"
ENVIRONMENT: Final = "spark/environment.tar.gz"
SCRIPT: Final = '''"""Runs a command of the cloud on Spark."""
import sys

from cloud.__main__ import main

if status := main(sys.argv[1:]):
    sys.exit(status)
'''
"""The entry point."""
START_JOB: Final = {
    "Fn::Sub": "arn:${AWS::Partition}:scheduler:::aws-sdk:emrserverless:startJobRun"
}
"""EventBridge Scheduler calls this action of the API."""
PYTHON: Final = "./environment/bin/python"
"""Below the folder into which Spark unpacks the environment."""
DRIVER: Final = {
    "PYSPARK_DRIVER_PYTHON": PYTHON,
    "PYSPARK_PYTHON": PYTHON,
    "LD_LIBRARY_PATH": "./environment/lib",
    "ONLOOKER_DATABASE_SECRET": "${DatabaseSecret}",
    "ONLOOKER_LAKE": "s3://onlooker-${Stage}-{zone}-${AWS::AccountId}",
    "ONLOOKER_SITES": f"s3://onlooker-${{Stage}}-{CONFIG}-${{AWS::AccountId}}/{access.SITES}",
}


def schedule() -> dict[str, Resource]:
    """The schedule of the job, which is disabled unless the marts are built on Spark."""
    target = {
        "Arn": START_JOB,
        "RoleArn": {"Fn::GetAtt": ["MartsScheduleRole", "Arn"]},
        "Input": {"Fn::Sub": json.dumps(_request())},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3_600},
    }
    properties = {
        "Name": {"Fn::Sub": "onlooker-${Stage}-lake-marts"},
        "Description": "Builds the marts on Spark",
        "ScheduleExpression": {"Ref": "MartsAt"},
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": {"Fn::If": ["OnSpark", "ENABLED", "DISABLED"]},
        "Target": target,
    }
    return {"Marts": {"Type": "AWS::Scheduler::Schedule", "Properties": properties}}


def _request() -> dict[str, object]:
    """The parameters of StartJobRun; the schedule's execution makes a repeated call harmless."""
    bucket = f"s3://{buckets.name(CONFIG)['Fn::Sub']}"
    submit = {
        "EntryPoint": f"{bucket}/{ENTRY_POINT}",
        "EntryPointArguments": ["marts", "build", "--spark"],
        "SparkSubmitParameters": " ".join(f"--conf {one}" for one in _settings(bucket)),
    }
    logging = {
        "Enabled": True,
        "LogGroupName": "/onlooker/${Stage}/lake",
        "LogStreamNamePrefix": "marts",
        "EncryptionKeyArn": "${DataKeyArn}",
    }
    return {
        "Name": "marts",
        "ClientToken": "<aws.scheduler.execution-id>",
        "ApplicationId": "${Spark}",
        "ExecutionRoleArn": access.role_arn("MartsRole")["Fn::Sub"],
        "ExecutionTimeoutMinutes": 720,
        "JobDriver": {"SparkSubmit": submit},
        "ConfigurationOverrides": {
            "MonitoringConfiguration": {"CloudWatchLoggingConfiguration": logging}
        },
    }


def _settings(bucket: str) -> list[str]:
    return [
        f"spark.archives={bucket}/{ENVIRONMENT}#environment",
        f"spark.executorEnv.PYSPARK_PYTHON={PYTHON}",
        *(f"spark.emr-serverless.driverEnv.{name}={value}" for name, value in DRIVER.items()),
    ]
