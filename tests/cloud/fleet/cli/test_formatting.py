"""Selectors and settings are read from the command line; results are printed one a line."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cloud.fleet.cli import formatting
from cloud.fleet.cli.arguments import add_all_option, add_selectors
from cloud.fleet.jobs.execution import AbortCriteria, ExecutionStatus, RolloutConfig
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.jobs.progress import DeviceProgress
from cloud.fleet.jobs.rollout import RollbackResult
from cloud.fleet.registry.devices import DeviceSelector, RegistryError
from cloud.fleet.shadows.desired_config import ConfigDrift, ConfigPreview

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def parse(*words: str, **more: Any) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_selectors(parser)
    add_all_option(parser)
    return argparse.Namespace(**vars(parser.parse_args(list(words))), **more)


def test_a_selector_has_everything_that_is_named() -> None:
    words = ["--device", "a", "--location", "KX-01", "--group", "g", "--where", "x=1"]
    found = formatting.read_selector(parse(*words, "--where", "y="))
    assert found == DeviceSelector("a", "KX-01", "g", {"x": "1", "y": ""})
    assert formatting.read_selector(parse()) == DeviceSelector()


def test_the_whole_fleet_is_the_target_only_with_all() -> None:
    assert formatting.read_target(parse("--all")).is_everything
    assert formatting.read_target(parse("--group", "g")) == DeviceSelector(group="g")
    with pytest.raises(RegistryError, match="no target: name it with --device"):
        formatting.read_target(parse())
    with pytest.raises(RegistryError, match="leave out the other selectors"):
        formatting.read_target(parse("--all", "--device", "a"))


@pytest.mark.parametrize(
    ("words", "pairs"),
    [([], {}), (["a=1"], {"a": "1"}), (["a="], {"a": ""}), (["a=b=c"], {"a": "b=c"})],
)
def test_a_pair_ends_its_name_at_the_first_sign(words: list[str], pairs: dict[str, str]) -> None:
    assert formatting.parse_pairs(words) == pairs


@pytest.mark.parametrize("word", ["a", "=1", "", "\x1b[31m"])
def test_a_word_that_is_no_pair_is_refused(word: str) -> None:
    with pytest.raises(RegistryError, match="write NAME=VALUE") as refused:
        formatting.parse_pairs([word])
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("1.5", 1.5), ("true", True), ("null", None), ("onlooker", "onlooker"), ("", ""),
        ("[1]", [1]), ("[1", "[1"), ("True", "True"), ("NaN", "NaN"),
    ],
)  # fmt: skip
def test_a_setting_is_json_or_else_text(text: str, value: object) -> None:
    found = formatting.read_settings(argparse.Namespace(setting=[f"name={text}"]))
    assert found == {"name": value}
    assert type(found["name"]) is type(value)


def test_a_job_document_is_its_operation_and_its_words() -> None:
    asked = argparse.Namespace(operation="diagnose", word=["url=https://files.example/a?b=c"])
    assert formatting.read_document(asked) == {
        "operation": "diagnose",
        "url": "https://files.example/a?b=c",
    }


def rollout_words(package: Path | None) -> argparse.Namespace:
    return parse(
        "--all", abort_after=3, abort_percent=50, per_minute=10, minutes_each=5, model="face:2",
        package=package,
    )  # fmt: skip


def test_a_rollout_has_its_rate_limits_and_package(tmp_path: Path) -> None:
    plan = formatting.read_rollout(rollout_words(None))
    assert plan.rollout == RolloutConfig(10, 5, AbortCriteria(3, 50))
    assert (plan.model, plan.target, dict(plan.more)) == ("face:2", DeviceSelector(), {})
    file = tmp_path / "package.json"
    file.write_text('{"trial": {"faces": 5}}')
    assert formatting.read_rollout(rollout_words(file)).more == {"trial": {"faces": 5}}


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{", b"\xff"])
def test_a_package_that_is_no_json_object_is_refused(tmp_path: Path, content) -> None:
    file = tmp_path / "package.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RegistryError, match=r"package\.json cannot be read as a JSON object"):
        formatting.read_rollout(rollout_words(file))


def test_each_changed_setting_and_the_number_of_devices_are_printed() -> None:
    changes = [
        ConfigPreview("a", {"paused": ("-", True), "detector": ("face", "body")}),
        ConfigPreview("b", {"paused": (False, True)}),
    ]
    assert list(formatting.format_changes(changes, done=True)) == [
        'a  paused: "-" → true',
        'a  detector: "face" → "body"',
        "b  paused: false → true",
        "2 devices changed",
    ]
    assert list(formatting.format_changes([], done=False)) == [
        "0 devices would change; --apply does it"
    ]


def test_drift_is_printed_with_its_delta_and_time() -> None:
    drift = ConfigDrift("a", "KX-01", {"paused": True}, START)
    assert list(formatting.format_drift([drift])) == [
        'a at KX-01  {"paused":true}  since 2026-11-20 09:00Z',
        "1 devices drift",
    ]


def test_progress_is_printed_with_times_reason_and_details() -> None:
    status, details = ExecutionStatus.FAILED, {"reason": "x", "tries": "3", "b": "1"}
    one = DeviceProgress("a", status, "wrong digest", details, START, START, START)
    at = "2026-11-20 09:00:00Z"
    assert formatting.format_progress(one) == (
        f"a  FAILED  queued {at}, started {at}, updated {at}  wrong digest  b=1  tries=3"
    )
    queued = DeviceProgress("a", ExecutionStatus.QUEUED, None, {}, START, None, START)
    assert formatting.format_progress(queued) == f"a  QUEUED  queued {at}, updated {at}"


def test_a_rollback_is_printed_with_its_job_and_the_devices_by_state() -> None:
    counts = "1 had installed it, 2 had started and not finished, 3 had not started, 4 had failed"
    job = Job("back-1", {"version": "face:1"}, ("a", "b", "c"))
    first, second = formatting.format_rollback(RollbackResult(job, 1, 2, 3, 4))
    assert first == "back-1: face:1 for 3 devices"
    assert second == f"{counts} and still run the old one"
    first, _ = formatting.format_rollback(RollbackResult(None, 0, 0, 0, 0))
    assert first == "no new job: no device had installed it"


def test_previews_say_how_to_apply_them() -> None:
    assert formatting.format_rollout_preview(2, "d-2") == "2 devices would get d-2; --apply does it"
    assert formatting.format_job_preview(0, "renew") == "0 devices would renew; --apply does it"
