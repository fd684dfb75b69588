"""Actions with --on-aws ask AWS, and never both AWS and a database."""

import argparse
from datetime import UTC, datetime
from typing import Any

import pytest

from cloud.fleet.cli import aws_commands, commands
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.shadows.desired_config import ConfigPreview

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Fleet:
    """Two things at AWS; it records what is changed."""

    def __init__(self, region: str) -> None:
        assert region == "eu-west-2"
        self.changed: list[object] = []

    def find_names(self, target: DeviceSelector) -> list[str]:
        return ["a", "b"] if target.is_everything else ["a"]

    def preview_changes(self, target: DeviceSelector, wanted: dict[str, Any]) -> list[object]:
        return [ConfigPreview(one, {"paused": ("-", True)}) for one in self.find_names(target)]

    def set_desired(self, target: DeviceSelector, wanted: dict[str, Any]) -> list[object]:
        self.changed.append(wanted)
        return self.preview_changes(target, wanted)

    def roll_out(self, plan: Any, at: datetime, *, replaces: str | None) -> str:
        self.changed.append((plan.model, replaces, at))
        return "job-1"

    def create_job(self, document: object, target: object, rollout: object, at: object) -> str:
        self.changed.append(document)
        return "restart-1"

    def list_jobs(self, last: int) -> list[dict[str, Any]]:
        counts = {"numberOfSucceededThings": 2, "numberOfFailedThings": 0, "processingTargets": 9}
        return [
            {"jobId": "j", "status": "COMPLETED", "jobProcessDetails": counts},
            {"jobId": "k", "status": "IN_PROGRESS"},
        ][:last]

    def read_progress(self, job: str):
        for name, status in (("a", "FAILED"), ("b", "QUEUED"), ("c", "QUEUED")):
            details = {"reason": "x", "b": "1"} if status == "FAILED" else {}
            yield {"thing": name, "status": status, "details": details}

    def revoke_certificates(self, name: str) -> list[str]:
        self.changed.append(name)
        return ["7f", "80"]


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    fleet = Fleet("eu-west-2")
    monkeypatch.setattr(aws_commands, "AwsFleet", lambda region: fleet)
    return fleet


def run(*words: str) -> list[str]:
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    asked = parser.parse_args([*words, "--on-aws", "eu-west-2"])
    return list(aws_commands.run(asked, START))


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["list"], ["a", "b", "2 things"]),
        (["list", "--device", "a"], ["a", "1 things"]),
        (["job", "list"], ["j  COMPLETED  2 succeeded", "k  IN_PROGRESS  no device yet"]),
        (["job", "list", "--limit", "1"], ["j  COMPLETED  2 succeeded"]),
        (["job", "show", "j", "--status", "QUEUED", "--limit", "1"], ["b  QUEUED  updated -"]),
        (["job", "show", "j", "--status", "FAILED"], ["a  FAILED  updated -  b=1  reason=x"]),
    ],
)
def test_things_and_jobs_are_listed(fleet: Fleet, words: list[str], lines: list[str]) -> None:
    assert run(*words) == lines
    assert fleet.changed == []


@pytest.mark.parametrize(
    ("words", "preview", "change"),
    [
        (["set", "--all", "paused=true"], "2 devices would change", {"paused": True}),
        (["roll-out", "d-2", "--all", "--replaces", "d-1"], "2 devices would get d-2",
         ("d-2", "d-1", START)),
        (["job", "create", "restart", "--all"], "2 devices would restart",
         {"operation": "restart"}),
    ],
)  # fmt: skip
def test_a_change_is_a_preview_until_it_is_applied(fleet, words, preview: str, change) -> None:
    assert run(*words)[-1].startswith(preview)
    assert fleet.changed == []
    run(*words, "--apply")
    assert fleet.changed == [change]


def test_retiring_revokes_each_certificate(fleet: Fleet) -> None:
    assert run("retire", "a") == ["revoked 7f", "revoked 80"]
    assert fleet.changed == ["a"]


def test_an_option_of_the_database_is_refused(fleet: Fleet) -> None:
    with pytest.raises(ValueError, match="--database would have no effect: with --on-aws"):
        run("list", "--database", "sqlite:///x.db")
