"""Release notes come from the changelog, or not at all."""

import pytest

from provisioning.__main__ import main
from provisioning.release import ReleaseError, notes

CHANGELOG = """# Changelog

## Unreleased

### Added
- Something.

## 1.1.0 - 2026-11-21

### Fixed
- A thing.

### Added
- Another.

## 1.0.1
- Undated.

## 1.0.0 - 2026-01-01

"""


def test_the_notes_are_the_section_and_nothing_else():
    assert notes(CHANGELOG, "1.1.0") == ["### Fixed", "- A thing.", "", "### Added", "- Another."]


@pytest.mark.parametrize(
    ("version", "words"),
    [("1.0.1", "has no date"), ("1.0.0", "is empty"), ("2.0.0", "has no section '## 2.0.0")],
)
def test_a_version_that_is_not_ready_is_refused(version, words):
    with pytest.raises(ReleaseError, match=words):
        notes(CHANGELOG, version)


def test_the_package_has_to_carry_the_version(tmp_path, capsys):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.0.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)

    assert main(["release", "1.1.0", "--root", str(tmp_path)]) == 1
    assert "the package is 1.0.0" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.1.0"\n')
    assert main(["release", "1.1.0", "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("### Fixed")
