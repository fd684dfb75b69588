import msgspec
import pytest

from wire.fleet.jobs import ClipJob, DiagnoseJob, Job, ModelJob, ModelTrial, Release, RenewJob

RELEASE = {"version": "1.2.0", "sha256": "0a" * 32, "bytes": 1_000}


def read(**fields):
    return msgspec.json.decode(msgspec.json.encode(fields), type=Job)


def clip(starts_at, ends_at):
    return read(operation="clip", url="https://h/x", starts_at=starts_at, ends_at=ends_at)


def test_the_operation_selects_the_kind_of_job():
    assert read(operation="renew") == RenewJob()
    assert read(operation="diagnose", url="https://h/x") == DiagnoseJob(url="https://h/x")
    job = read(operation="model", version="finder:2")
    assert job == ModelJob(version="finder:2", replaces=None, package=None, trial=ModelTrial())


def test_a_clip_may_last_an_hour():
    job = clip("2026-11-23T08:00:00Z", "2026-11-23T10:00:00+01:00")
    assert isinstance(job, ClipJob)


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        ("2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"),
        ("2026-11-23T08:00:00Z", "2026-11-23T07:59:59Z"),
        ("2026-11-23T08:00:00Z", "2026-11-23T09:00:01Z"),
    ],
)
def test_a_clip_that_is_empty_or_longer_than_an_hour_is_refused(starts_at, ends_at):
    with pytest.raises(msgspec.ValidationError, match="lasts 1:00:00 at most"):
        clip(starts_at, ends_at)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"operation": "shell", "command": "id"}, "Invalid value 'shell'"),
        ({}, "missing required field `operation`"),
        ({"operation": "restart", "at": "now"}, "unknown field `at`"),
        ({"operation": "diagnose", "url": ""}, "length >= 1"),
        ({"operation": "diagnose", "url": "x" * 4_097}, "length <= 4096"),
        ({"operation": "model", "version": "x" * 130}, "length <= 129"),
        ({"operation": "model", "version": "m", "trial": {"faces": -1}}, "$.trial.faces"),
        ({"operation": "model", "version": "m", "trial": {"longest_s": 0}}, "$.trial.longest_s"),
        ({"operation": "update", "release": "{}", "url": "u"}, "required field `signature`"),
    ],
)
def test_an_invalid_job_is_refused_with_the_reason(fields, reason):
    with pytest.raises(msgspec.ValidationError) as refused:
        read(**fields)
    assert reason in str(refused.value)


@pytest.mark.parametrize("version", ["1", "1.2.0", "1.2.0+build_7", "x" * 63])
def test_a_release_version_is_a_plain_name(version):
    assert msgspec.convert({**RELEASE, "version": version}, Release).version == version


@pytest.mark.parametrize(
    "fields",
    [
        {"version": ""},
        {"version": "../1"},
        {"version": ".1"},
        {"version": "1\n"},
        {"version": "x" * 64},
        {"sha256": "0A" * 32},
        {"sha256": "0a" * 32 + "\n"},
        {"bytes": 0},
        {"bytes": 1024**3 + 1},
    ],
)
def test_a_release_that_could_name_another_path_or_content_is_refused(fields):
    (field,) = fields
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert({**RELEASE, **fields}, Release)
