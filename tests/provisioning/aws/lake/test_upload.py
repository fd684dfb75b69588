"""The sites file and the environment reach the bucket of the configuration."""

from pathlib import Path

import pytest

from provisioning.__main__ import main
from provisioning.aws.lake.spark_job import ENTRY_POINT, ENVIRONMENT, SCRIPT
from tests.provisioning.aws.lake.references import ACCOUNT, REGION

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
BUCKET = f"onlooker-test-config-{ACCOUNT}"


@pytest.fixture
def run(aws, capsys):
    aws("s3").delete_bucket_policy(Bucket=BUCKET)  # moto would ignore its conditions

    def run(*words: str) -> tuple[int, str]:
        status = main(["aws", "upload", "--region", REGION, "--stage", "test", *words])
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return run


def test_the_files_are_uploaded_with_the_entry_point(run, aws, tmp_path: Path):
    (tmp_path / "sites.yaml").write_text("version: 1")
    (tmp_path / "environment.tar.gz").write_bytes(b"\x1f\x8b and more")
    files = ("--sites", str(tmp_path / "sites.yaml"))
    status, shown = run(*files, "--environment", str(tmp_path / "environment.tar.gz"))
    assert status == 0, shown
    assert shown.splitlines()[0].startswith(f"s3://{BUCKET}/sites.yaml, version ")
    s3 = aws("s3")
    keys = {one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert keys == {"sites.yaml", ENVIRONMENT, ENTRY_POINT}
    assert s3.get_object(Bucket=BUCKET, Key=ENTRY_POINT)["Body"].read().decode() == SCRIPT


def test_what_cannot_be_uploaded_is_refused(run, tmp_path: Path):
    (tmp_path / "environment.zip").write_bytes(b"PK")
    assert run() == (1, "error: nothing to upload: give --sites or --environment\n")
    missing = run("--sites", str(tmp_path / "none.yaml"))
    assert (missing[0], "none.yaml cannot be read" in missing[1]) == (1, True)
    other = run("--environment", str(tmp_path / "environment.zip"))
    assert (other[0], "is no .tar.gz" in other[1]) == (1, True)
