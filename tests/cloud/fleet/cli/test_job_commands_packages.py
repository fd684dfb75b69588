"""A model that no device runs is rolled out with its package."""

import json
from pathlib import Path

import pytest

from cloud.database import writing
from cloud.fleet.jobs import job_store

WEIGHTS = Path(__file__).parents[4] / "edge_agent" / "weights"


def test_a_rollout_may_contain_the_package_of_its_model(fleet, run_command, tmp_path):
    file = tmp_path / "package.json"
    package = {"card": card_of("d-2"), "signature": "AA==", "url": "https://models.example/d-2"}
    file.write_text(json.dumps({"package": package, "trial": {"faces": 5}}))
    status, output = run_command(
        "roll-out", "d-2", "--group", "canary", "--package", str(file), "--apply"
    )
    assert (status, output) == (0, "d-2-1: d-2 for 1 devices\n")
    with writing(fleet) as connection:
        document = job_store.read_document(connection, "d-2-1")
    assert (document["package"], document["trial"]) == (package, {"faces": 5})
    file.write_text(json.dumps({"trial": {"faces": "many"}}))
    status, output = run_command(
        "roll-out", "d-2", "--group", "canary", "--package", str(file), "--apply"
    )
    assert (status, "no camera would understand this job" in output) == (2, True)


def card_of(name):
    card = json.loads((WEIGHTS / "onlooker-face.json").read_text())
    return json.dumps({**card, "name": name, "version": "2"})


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("{}", "the package's card is not a model card: Object missing required field `name`"),
        ("", "the package's card is not a model card"),
        (card_of("d-3"), "the package's card describes d-3:2, expected d-2"),
    ],
)
def test_a_package_with_another_card_creates_no_job(fleet, run_command, tmp_path, card, reason):
    file = tmp_path / "package.json"
    package = {"card": card, "signature": "AA==", "url": "https://models.example/d-2"}
    file.write_text(json.dumps({"package": package}))
    status, output = run_command(
        "roll-out", "d-2", "--group", "canary", "--package", str(file), "--apply"
    )
    assert (status, reason in output) == (2, True), output
    assert run_command("job", "list")[1] == ""


@pytest.mark.parametrize("words", [[], ["--apply"]])
@pytest.mark.parametrize("model", ["d-9", "onlooker-face:2"])
def test_a_model_that_no_device_runs_needs_a_package(fleet, run_command, model, words):
    status, output = run_command("roll-out", model, "--group", "canary", *words)
    assert (status, f"{model} has no package and no device runs it" in output) == (2, True), output
    assert run_command("job", "list")[1] == ""
