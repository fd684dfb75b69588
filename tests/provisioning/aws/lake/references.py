"""The properties of the templates with the references of CloudFormation resolved."""

import re

from provisioning.aws.lake.zones import ZONES
from provisioning.aws.templates import TEMPLATES

REGION, SECOND_REGION = "eu-west-2", "eu-west-1"
ACCOUNT = "123456789012"
LOGS = ("Logs", "TrailLogs")


def arn_of(word, path=""):
    return f"arn:aws:s3:::onlooker-test-{word}-{ACCOUNT}{path}"


def resolve(value, references):
    """The value with the references of CloudFormation resolved."""
    if isinstance(value, list):
        return [resolve(one, references) for one in value]
    return resolve_one(value, references) if isinstance(value, dict) else value


def resolve_one(value, references):
    match value:
        case {"Ref": name}:
            return references[name]
        case {"Fn::GetAtt": [name, attribute]}:
            return references[f"{name}.{attribute}"]
        case {"Fn::Sub": text}:
            filled = re.sub(r"\$\{([\w:.]+)\}", lambda found: references[found[1]], text)
            return filled.replace("${!", "${")
        case {"Fn::If": [name, yes, no]}:
            return resolve(yes if references[name] else no, references)
        case {"Fn::Split": [separator, text]}:
            return resolve(text, references).split(separator)
        case {"Fn::Join": [separator, parts]}:
            joined = resolve(parts, references)
            return separator.join(joined if isinstance(joined, list) else [joined])
    return {name: resolve(one, references) for name, one in value.items()}


REFERENCES = {
    "Stage": "test",
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AlarmTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:onlooker-test-alarms",
    "Image": "onlooker:1",
    "DatabaseSecret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf",
    "Subnets": ["subnet-1", "subnet-2"],
    "NightlyAt": "cron(0 2 * * ? *)",
    "MartsAt": "cron(0 1 * * ? *)",
    "OnSpark": True,
    "Spark": "00abc",
    "MartsScheduleRole.Arn": f"arn:aws:iam::{ACCOUNT}:role/MartsScheduleRole",
    "DataKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/data",
    "LakeStack": "onlooker-lake",
    "RunsStack": "onlooker-lake-runs",
    "EmrRelease": "emr-7.13.0",
    "QuarantinePercent": 5,
    "MonthlyBudgetUsd": 200,
    "ScanLimitGigabytes": "10",
    "CopyKeyArn": f"arn:aws:kms:{SECOND_REGION}:{ACCOUNT}:key/copy",
    "QueryResultsBucket": f"onlooker-test-query-results-{ACCOUNT}",
    **{
        f"{word}.Arn": f"arn:aws:iam::{ACCOUNT}:role/{word}"
        for word in ("ReplicationRole", "ReceiptRole")
    },
    "AccessLogsBucket": f"onlooker-test-access-logs-{ACCOUNT}",
    "CopyAccessLogsBucket": f"onlooker-test-copy-access-logs-{ACCOUNT}",
    **{f"{zone.title()}Bucket.Arn": arn_of(zone) for zone in ZONES},
    **{f"{word}.Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{word}" for word in LOGS},
    "Logs": "/onlooker/test/lake",
    "TrailLogs": "/onlooker/test/lake-trail",
    "TrailRole.Arn": f"arn:aws:iam::{ACCOUNT}:role/TrailRole",
    "SecurityGroup": "sg-1",
    "DataKey.Arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/data",
    **{f"{zone.title()}Database": f"onlooker_test_{zone}" for zone in ZONES},
}


def of_type(template, kind):
    found = TEMPLATES[template]()["Resources"].values()
    return [resolve(one["Properties"], REFERENCES) for one in found if one["Type"] == kind]
