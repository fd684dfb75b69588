"""What is installed is what runs: the wheel carries all that the programs read, and no more."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

HOUSE = Path(__file__).resolve().parents[2]
READ_AT_RUN_TIME = (
    *(".onnx", ".json", ".yaml", ".html", ".js", ".css", ".svg", ".mako", ".ini"),
    *(".c", ".sh"),  # the guard, compiled where it is installed
)
ROOMS = ("cloud", "edge_agent", "models", "provisioning", "simulators", "wire")
NOT_SHIPPED = (
    *("models/weights/", "provisioning/container/", "provisioning/kubernetes/"),
    "cloud/portal/web/",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # building writes beside what it builds
    ignored = shutil.ignore_patterns(
        ".*", "__pycache__", "build", "dist", "runs", "var", "node_modules"
    )
    shutil.copytree(HOUSE, source, ignore=ignored)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source]
    built = subprocess.run(command, capture_output=True, check=False, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def tracked():
    if not (HOUSE / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=HOUSE, capture_output=True, check=True, text=True
    )
    return {name for name in listed.stdout.splitlines() if not name.startswith(NOT_SHIPPED)}


def test_the_wheel_has_every_program_and_everything_they_read(wheel, tracked):
    inside = set(zipfile.ZipFile(wheel).namelist())

    assert {name for name in tracked if name.endswith(".py")} <= inside
    assert {name for name in tracked if name.endswith(READ_AT_RUN_TIME)} <= inside


def test_the_wheel_has_no_tests_and_no_research_weights(wheel):
    inside = zipfile.ZipFile(wheel).namelist()

    assert [name for name in inside if name.startswith(("tests/", *NOT_SHIPPED))] == []


def test_the_programs_start_from_the_wheel_alone(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    for room in ("edge_agent", "cloud", "provisioning"):
        told = subprocess.run(
            [sys.executable, "-m", room, "--help"],
            cwd=tmp_path / "installed",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        assert "usage:" in told.stdout


def test_every_step_of_the_workflows_runs_something_that_is_there():
    makefile = (HOUSE / "Makefile").read_text()
    for path in sorted((HOUSE / ".github" / "workflows").glob("*.yml")):
        jobs = yaml.safe_load(path.read_text())["jobs"].values()
        steps = [step["run"] for job in jobs for step in job.get("steps", ()) if "run" in step]
        for words in (step.split() for step in steps):
            if "make" in words:
                targets = [word for word in words[words.index("make") + 1 :] if word.isalpha()]
                assert targets
                assert all(f"\n{target}:" in makefile for target in targets), words
            if "-f" in words:
                assert (HOUSE / words[words.index("-f") + 1]).is_file(), words
