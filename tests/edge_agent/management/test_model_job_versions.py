"""A job installs no older version of a model and no other content of an accepted version."""

import shutil

import msgspec
import pytest

from edge_agent.management.remote_config import ConfigError, apply_desired_config
from edge_agent.updates.model_store import model_digest
from edge_agent.updates.version_history import VersionHistory
from tests.edge_agent.management.job_harness import (
    CARD,
    LENIENT,
    OLD,
    WEIGHT,
    FakeDetector,
    model_document,
)
from wire.model_card import ModelCard


def accept_versions(harness, candidate, package, *versions):
    """Have one version after the other take over."""
    candidate(FakeDetector("onlooker-face", *OLD.boxes))
    for version in versions:
        document = model_document(package(version=version), version=f"onlooker-face:{version}")
        assert harness.run_job(f"job-{version}", {**document, "trial": LENIENT})[0] == "SUCCEEDED"


def rejection_reason(harness, document):
    status, details = harness.run_job("job-again", document, seconds=5)
    assert status == "REJECTED", details
    return details["reason"]


def test_an_older_signed_model_is_rejected(harness, package, candidate):
    accept_versions(harness, candidate, package, "99.0")
    older = model_document(package(version="98.9.9"), version="onlooker-face:98.9.9")
    assert "98.9.9 is older than 99.0, accepted before" in rejection_reason(harness, older)
    assert harness.models.chosen == "onlooker-face:99.0"


def test_a_model_older_than_the_bundled_one_is_rejected_on_a_new_camera(harness, package):
    older = model_document(package(version="0.0.1"), version="onlooker-face:0.0.1")
    assert f"older than {CARD['version']}" in rejection_reason(harness, older)


@pytest.mark.parametrize("version", ["99.0", "99.0.0", "99.0+build"])
def test_the_same_version_with_other_content_is_rejected(harness, package, candidate, version):
    accept_versions(harness, candidate, package, "99.0")
    other = package(version=version, weights=WEIGHT + b" ")
    assert "differs from 99.0, accepted before" in rejection_reason(
        harness, model_document(other, version=f"onlooker-face:{version}")
    )


def test_deleting_the_models_keeps_the_accepted_version(harness, package, candidate):
    accept_versions(harness, candidate, package, "99.0")
    shutil.rmtree(harness.folder / "models")
    harness.start()
    older = model_document(package(version="98.0"), version="onlooker-face:98.0")
    assert "is older than 99.0" in rejection_reason(harness, older)


def test_an_unreadable_version_history_rejects_every_model(harness, package, candidate):
    (harness.folder / "versions.json").write_text("{")
    assert "downgrades cannot be detected" in rejection_reason(harness, model_document(package()))


def test_only_the_previous_model_can_be_restored(harness, package, candidate):
    accept_versions(harness, candidate, package, "99.0", "100.0")
    ancient = model_document(version=f"onlooker-face:{CARD['version']}")
    assert "is older than 100.0" in rejection_reason(harness, ancient)
    back = model_document(version="onlooker-face:99.0", replaces="onlooker-face:100.0")
    assert harness.run_job("job-back", back)[0] == "SUCCEEDED"
    assert harness.models.chosen == "onlooker-face:99.0"


def test_a_bundled_model_can_be_selected_after_an_update_has_changed_the_text_of_its_card(harness):
    digest_before = model_digest(msgspec.convert({**CARD, "limits": ["Other words."]}, ModelCard))
    history = VersionHistory(harness.folder / "versions.json")
    history.record("onlooker-face", CARD["version"], digest_before)
    bundled = model_document(version=f"onlooker-face:{CARD['version']}")
    status, details = harness.run_job("job-back", {**bundled, "trial": LENIENT})
    assert status == "SUCCEEDED", details
    assert harness.models.chosen == f"onlooker-face:{CARD['version']}"


def test_local_settings_can_allow_an_older_model(harness, package, candidate):
    accept_versions(harness, candidate, package, "99.0")
    fleet = msgspec.structs.replace(harness.own.fleet, allow_older=True)
    harness.own = msgspec.structs.replace(harness.own, fleet=fleet)
    harness.start()
    document = model_document(package(version="98.0"), version="onlooker-face:98.0")
    assert harness.run_job("job-2", {**document, "trial": LENIENT})[0] == "SUCCEEDED"


def test_remote_config_cannot_allow_an_older_version(harness):
    with pytest.raises(ConfigError, match="unknown field `fleet`"):
        apply_desired_config(harness.own, {"fleet": {"allow_older": True}})


def test_a_version_that_cannot_be_ordered_is_rejected(harness, package):
    document = model_document(package(version="latest"), version="onlooker-face:latest")
    assert "'latest' cannot be ordered: write it as 1.4.0" in rejection_reason(harness, document)
