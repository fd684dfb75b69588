"""The CloudFormation templates of the lake: zones, copies, programs, and tables.

Buckets, keys and roles come from `zones`, `keys` and `access`. `lake.yaml` adds queries, `uploads`
is the bucket of arriving files with its queue, `runs.yaml` has the programs, `monitoring.yaml` what
monitors access and costs.
"""

from importlib import resources
from typing import Any, Final

import yaml

from provisioning.aws.lake import access, figures, glue, keys, spark_job, uploads, zones

STAGE: Final = {"Type": "String", "Default": "production", "AllowedPattern": "[a-z][a-z0-9-]{1,15}"}
FORMAT: Final = "2010-09-09"


def lake() -> dict[str, Any]:
    """Zones, keys, roles and queries."""
    stack = _read("lake.yaml")
    stack["Resources"] |= {**keys.lake_keys(), **access.roles(), **zones.lake_buckets()}
    return stack


def runs() -> dict[str, Any]:
    """The nightly run, the job on Spark, their schedules, and what monitors them."""
    stack = _read("runs.yaml")
    stack["Resources"] |= {**spark_job.schedule(), **figures.metric_filters()}
    return stack


def arrivals() -> dict[str, Any]:
    """The bucket of arriving files, and the queue that it announces them to."""
    parameters = {"Stage": STAGE, "DataKeyArn": {"Type": "String", "AllowedPattern": "arn:.+"}}
    return {
        "AWSTemplateFormatVersion": FORMAT,
        "Description": "Onlooker - files of data products as they arrive",
        "Parameters": parameters,
        "Resources": {**uploads.queues(), **uploads.arrivals_bucket()},
        "Outputs": {"UploadsQueueUrl": {"Value": {"Ref": "UploadsQueue"}}},
    }


def copies() -> dict[str, Any]:
    """Copies of the zones in a second region."""
    return {
        "AWSTemplateFormatVersion": FORMAT,
        "Description": "Onlooker - copies of the lake in a second region",
        "Parameters": {"Stage": STAGE},
        "Resources": {**keys.copy_keys(), **zones.copy_buckets()},
        "Outputs": {"CopyKeyArn": {"Value": {"Fn::GetAtt": ["DataKey", "Arn"]}}},
    }


def monitoring() -> dict[str, Any]:
    """The trail of objects, the alarm on unusual access, the dashboard and the budget."""
    return _read("monitoring.yaml")


def tables(zone: str) -> dict[str, Any]:
    """The tables of one zone in Glue."""
    return {
        "AWSTemplateFormatVersion": FORMAT,
        "Description": f"Onlooker - tables of the lake: {zone}",
        "Parameters": {"Stage": STAGE},
        "Resources": glue.glue_resources((zone,)),
    }


def _read(name: str) -> dict[str, Any]:
    text = resources.files("provisioning.aws.lake").joinpath(name).read_text()
    stack: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return stack
