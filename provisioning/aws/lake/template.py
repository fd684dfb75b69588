"""The CloudFormation templates of the lake: zones and nightly run, copies, and tables.

Buckets, keys and roles come from `zones`, `keys` and `access`; `lake.yaml` adds what runs on them.
"""

from importlib import resources
from typing import Any, Final

import yaml

from provisioning.aws.lake import access, glue, keys, zones

STAGE: Final = {"Type": "String", "Default": "production", "AllowedPattern": "[a-z][a-z0-9-]{1,15}"}
FORMAT: Final = "2010-09-09"


def lake() -> dict[str, Any]:
    """Zones, keys, roles, the nightly run and what monitors them."""
    stack: dict[str, Any] = yaml.safe_load(
        resources.files("provisioning.aws.lake").joinpath("lake.yaml").read_text()
    )
    stack["Resources"] |= {**keys.lake_keys(), **access.roles(), **zones.lake_buckets()}
    return stack


def copies() -> dict[str, Any]:
    """Copies of the trusted and curated zones in a second region."""
    return {
        "AWSTemplateFormatVersion": FORMAT,
        "Description": "Onlooker - copies of the lake in a second region",
        "Parameters": {"Stage": STAGE},
        "Resources": {**keys.copy_keys(), **zones.copy_buckets()},
        "Outputs": {"CopyKeyArn": {"Value": {"Fn::GetAtt": ["DataKey", "Arn"]}}},
    }


def received_tables() -> dict[str, Any]:
    """The tables of the landing and raw zones in Glue."""
    return _tables(("landing", "raw"))


def tables() -> dict[str, Any]:
    """The tables of the trusted and curated zones in Glue."""
    return _tables(("trusted", "curated"))


def _tables(chosen: tuple[str, ...]) -> dict[str, Any]:
    return {
        "AWSTemplateFormatVersion": FORMAT,
        "Description": f"Onlooker - tables of the lake: {', '.join(chosen)}",
        "Parameters": {"Stage": STAGE},
        "Resources": glue.glue_resources(chosen),
    }
