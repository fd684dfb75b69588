"""The same fleet on AWS IoT Core: things, shadows, jobs and certificates through boto3.

The commands are the same, with `--on-aws REGION`. AWS stores the registry, CloudTrail the audit.
Settings are written with the shadow version that the preview read, so a concurrent change is
rejected and not overwritten.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cloud.fleet.jobs.execution import RolloutConfig
from cloud.fleet.jobs.rollout import OPERATION, ModelRollout, job_id_stem, validate_document
from cloud.fleet.registry.devices import DeviceSelector, RegistryError
from cloud.fleet.shadows import desired_config
from cloud.fleet.shadows.desired_config import ConfigDrift, ConfigPreview, DesiredConfigError
from cloud.fleet.shadows.known_models import BUILT_IN
from wire.aws import create_client
from wire.fleet.device_config import CONFIG_SHADOW

STARTED_STATUSES: Final = ("SUCCEEDED", "IN_PROGRESS", "TIMED_OUT", "CANCELED")
MAX_TARGETS: Final = 100
"""Things or groups that AWS takes for one job."""


class AwsFleet:
    """The things of one account and region."""

    def __init__(self, region: str) -> None:
        self._iot: Any = create_client("iot", region=region)
        self._data: Any = create_client("iot-data", region=region)

    def find_names(self, target: DeviceSelector) -> list[str]:
        """The names of the selected things."""
        wanted = {**target.attributes, **({"location": target.location} if target.location else {})}
        members = self._members(target.group) if target.group else None
        return sorted(
            thing["thingName"]
            for thing in self._pages("list_things", "things")
            if (target.name is None or thing["thingName"] == target.name)
            and (members is None or thing["thingName"] in members)
            and wanted.items() <= thing.get("attributes", {}).items()
        )

    def preview_changes(
        self, target: DeviceSelector, wanted: Mapping[str, Any]
    ) -> list[ConfigPreview]:
        """What the settings would change, device by device."""
        return [one for one, _ in self._preview_versions(target, wanted)]

    def set_desired(self, target: DeviceSelector, wanted: Mapping[str, Any]) -> list[ConfigPreview]:
        """Write the settings into the shadows that they change."""
        done = []
        for one, version in self._preview_versions(target, wanted):
            request: dict[str, Any] = {"state": {"desired": dict(wanted)}}
            if version is not None:
                request["version"] = version
            self._write(one.device, request)
            done.append(one)
        return done

    def find_drift(self, target: DeviceSelector) -> list[ConfigDrift]:
        """Who is not what they should be, the longest first."""
        found = []
        for name in self.find_names(target):
            shadow = self._shadow(name)
            if delta := shadow.get("state", {}).get("delta"):
                since = datetime.fromtimestamp(_newest_timestamp(shadow["metadata"]), UTC)
                found.append(ConfigDrift(name, self._location(name), delta, since))
        return sorted(found, key=lambda one: (one.since, one.device))

    def read_device(self, name: str) -> dict[str, Any]:
        """A thing with its attributes, groups, certificates and configuration."""
        try:
            thing = self._iot.describe_thing(thingName=name)
        except self._iot.exceptions.ResourceNotFoundException:
            raise RegistryError(f"no thing {name[:64]!r} on AWS: see `fleet list`") from None
        groups = self._iot.list_thing_groups_for_thing(thingName=name)["thingGroups"]
        return {
            "thing": name,
            "attributes": thing.get("attributes", {}),
            "groups": sorted(group["groupName"] for group in groups),
            "certificates": [self._certificate(one) for one in self._certificates(name)],
            "config": self._shadow(name).get("state", {}),
        }

    def roll_out(self, plan: ModelRollout, at: datetime, *, replaces: str | None) -> str:
        """Create a job for all selected things; returns its id."""
        document = {
            "operation": OPERATION,
            "version": plan.model,
            "replaces": replaces,
            **plan.more,
        }
        return self._begin(plan.model, document, plan.target, plan.rollout, at)

    def create_job(
        self,
        document: Mapping[str, Any],
        target: DeviceSelector,
        rollout: RolloutConfig,
        at: datetime,
    ) -> str:
        """Create a job of any other kind; returns its id."""
        return self._begin(document["operation"], document, target, rollout, at)

    def list_jobs(self, last: int) -> list[dict[str, Any]]:
        """The newest jobs, with the number of things by status."""
        known = sorted(self._pages("list_jobs", "jobs"), key=lambda job: job["createdAt"])
        return [
            self._iot.describe_job(jobId=job["jobId"])["job"] for job in reversed(known[-last:])
        ]

    def roll_back(self, job: str, at: datetime, *, to: str | None) -> str:
        """Cancel a job and install its old model on each thing that started or finished it."""
        try:
            self._iot.describe_job(jobId=job)
        except self._iot.exceptions.ResourceNotFoundException:
            raise RegistryError(f"no job {job[:64]!r} on AWS") from None
        document = json.loads(self._iot.get_job_document(jobId=job)["document"])
        old = to or document.get("replaces")
        if not old:
            raise RegistryError(f"what {job} replaced is not known: name it with --to VERSION")
        taken = [
            one["thingArn"]
            for status in STARTED_STATUSES
            for one in self._executions(job, status)
            if status == "SUCCEEDED" or one["jobExecutionSummary"].get("startedAt")
        ]
        self._iot.cancel_job(jobId=job, force=True, comment="rolled back")
        if not taken:
            return "no new job: no device had installed it"
        back = {"operation": OPERATION, "version": old, "replaces": document["version"]}
        opened = self._open(job_id_stem(f"{job}-back-{at:%H%M%S}"), back, taken, RolloutConfig())
        return f"{opened}: {old} for {len(taken)} things"

    def read_progress(self, job: str) -> Iterator[dict[str, Any]]:
        """The progress of each thing in a job, with the details that it reported."""
        try:
            found = list(self._executions(job))
        except self._iot.exceptions.ResourceNotFoundException:
            raise RegistryError(f"no job {job[:64]!r} on AWS") from None
        for one in found:
            thing = one["thingArn"].rpartition("/")[2]
            execution = self._iot.describe_job_execution(jobId=job, thingName=thing)["execution"]
            details = execution.get("statusDetails", {}).get("detailsMap", {})
            yield {"thing": thing, **one["jobExecutionSummary"], "details": details}

    def _executions(self, job: str, status: str | None = None) -> Iterator[Any]:
        only = {} if status is None else {"status": status}
        yield from self._pages(
            "list_job_executions_for_job", "executionSummaries", jobId=job, **only
        )

    def revoke_certificates(self, name: str) -> list[str]:
        """Revoke every certificate of a thing; AWS ends its sessions. Returns their ids."""
        ids = self._certificates(name)
        for one in ids:
            self._iot.update_certificate(certificateId=one, newStatus="REVOKED")
        return ids

    def _preview_versions(
        self, target: DeviceSelector, wanted: Mapping[str, Any]
    ) -> Iterator[tuple[ConfigPreview, int | None]]:
        desired_config.validate_settings(wanted)
        concerned = self.find_names(target)
        if not concerned:
            raise DesiredConfigError("no device matches the selector: see `fleet list`")
        shadows = {name: self._shadow(name) for name in concerned}
        desired_config.validate_models(wanted, _known_models(shadows.values()))
        for name, shadow in shadows.items():
            changes = desired_config.diff_settings(
                shadow.get("state", {}).get("desired", {}), wanted
            )
            if changes:
                yield ConfigPreview(name, changes), shadow.get("version")

    def _shadow(self, name: str) -> dict[str, Any]:
        try:
            answer = self._data.get_thing_shadow(thingName=name, shadowName=CONFIG_SHADOW)
        except self._data.exceptions.ResourceNotFoundException:
            return {}
        found: dict[str, Any] = json.loads(answer["payload"].read())
        return found

    def _write(self, name: str, request: Mapping[str, Any]) -> None:
        payload = json.dumps(request).encode()
        try:
            self._data.update_thing_shadow(
                thingName=name, shadowName=CONFIG_SHADOW, payload=payload
            )
        except self._data.exceptions.ConflictException:
            raise DesiredConfigError(
                f"{name} was changed meanwhile: look again, then apply; those before it are done"
            ) from None

    def _begin(
        self,
        stem: str,
        document: Mapping[str, Any],
        target: DeviceSelector,
        rollout: RolloutConfig,
        at: datetime,
    ) -> str:
        validate_document(document)
        if target == DeviceSelector(group=target.group) and target.group:
            targets = [self._group(target.group)]
        else:
            targets = [self._arn(name) for name in self.find_names(target)]
        if not targets:
            raise RegistryError("no device matches the selector: see `fleet list`")
        if len(targets) > MAX_TARGETS:
            raise RegistryError(
                f"{len(targets)} things, and AWS takes {MAX_TARGETS} for one job: put them into "
                "a thing group and give --group alone"
            )
        return self._open(job_id_stem(f"{stem}-{at:%Y%m%d-%H%M%S}"), document, targets, rollout)

    def _open(
        self, job: str, document: Mapping[str, Any], targets: list[str], rollout: RolloutConfig
    ) -> str:
        how = _job_configs(rollout)
        self._iot.create_job(jobId=job, targets=targets, document=json.dumps(document), **how)
        return job

    def _group(self, group: str) -> str:
        try:
            arn: str = self._iot.describe_thing_group(thingGroupName=group)["thingGroupArn"]
        except self._iot.exceptions.ResourceNotFoundException:
            raise RegistryError(f"no thing group {group[:64]!r} on AWS") from None
        return arn

    def _certificates(self, name: str) -> list[str]:
        principals = self._iot.list_thing_principals(thingName=name)["principals"]
        return [arn.rpartition("/")[2] for arn in principals]

    def _certificate(self, certificate: str) -> dict[str, Any]:
        shown = self._iot.describe_certificate(certificateId=certificate)["certificateDescription"]
        ends_at = shown.get("validity", {}).get("notAfter")
        ends = ends_at.isoformat() if ends_at else None
        return {"certificate": certificate, "status": shown["status"], "ends_at": ends}

    def _members(self, group: str) -> set[str]:
        try:
            pages = self._pages("list_things_in_thing_group", "things", thingGroupName=group)
            return set(pages)
        except self._iot.exceptions.ResourceNotFoundException:
            return set()

    def _pages(self, action: str, key: str, **asked: Any) -> Iterator[Any]:
        for page in self._iot.get_paginator(action).paginate(**asked):
            yield from page[key]

    def _arn(self, name: str) -> str:
        arn: str = self._iot.describe_thing(thingName=name)["thingArn"]
        return arn

    def _location(self, name: str) -> str:
        thing = self._iot.describe_thing(thingName=name)
        location: str = thing.get("attributes", {}).get("location", "-")
        return location


def _job_configs(rollout: RolloutConfig) -> dict[str, Any]:
    how: dict[str, Any] = {}
    if rollout.per_minute is not None:
        how["jobExecutionsRolloutConfig"] = {"maximumPerMinute": rollout.per_minute}
    if rollout.minutes_each is not None:
        how["timeoutConfig"] = {"inProgressTimeoutInMinutes": rollout.minutes_each}
    if rollout.abort is not None:
        stop = {
            "failureType": "ALL",
            "action": "CANCEL",
            "thresholdPercentage": rollout.abort.percentage,
            "minNumberOfExecutedThings": rollout.abort.at_least,
        }
        how["abortConfig"] = {"criteriaList": [stop]}
    return how


def _newest_timestamp(metadata: Any) -> int:
    if isinstance(metadata, dict):
        own = metadata.get("timestamp")
        if isinstance(own, int):
            return own
        return max(map(_newest_timestamp, metadata.values()), default=0)
    return max(map(_newest_timestamp, metadata), default=0) if isinstance(metadata, list) else 0


def _known_models(shadows: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The models that these cameras run or were ordered to run, and the agent's own."""
    states = [
        state.get(part, {})
        for shadow in shadows
        for state in [shadow.get("state", {})]
        for part in ("desired", "reported")
    ]
    return {
        setting: {own, *(state[setting] for state in states if state.get(setting))}
        for setting, own in BUILT_IN.items()
    }
