from importlib.metadata import PackageNotFoundError

import pytest

from edge_agent import versions
from edge_agent.settings.loading import parse
from edge_agent.versions import agent_version, current_versions


def test_a_report_names_the_program_the_models_and_the_settings(detector, pose, monkeypatch):
    monkeypatch.setattr(versions, "version", lambda package: {"onlooker": "1.2.3"}[package])
    settings = parse("")
    assert current_versions(settings, detector, pose) == versions.Versions(
        agent="1.2.3",
        detector="bright-squares:1",
        attention="straight-heads:1",
        config=settings.digest,
    )


def test_other_settings_have_another_digest(detector, pose):
    plain, other = (
        current_versions(parse(text), detector, pose) for text in ("", "interval_s = 15\n")
    )
    assert plain.config != other.config
    assert (plain.agent, plain.detector) == (other.agent, other.detector)


def test_a_program_that_is_not_installed_has_an_unknown_version(monkeypatch):
    def missing(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(versions, "version", missing)
    assert agent_version() == "unknown"


@pytest.mark.parametrize("text", ["interval_s = 30\n", "[capture]\n"])
def test_settings_that_equal_the_defaults_have_the_same_digest(detector, pose, text):
    assert current_versions(parse(text), detector, pose) == current_versions(
        parse(""), detector, pose
    )
