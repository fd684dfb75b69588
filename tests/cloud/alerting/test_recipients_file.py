"""The recipients file is read again when it or the sites file has changed."""

import os
from pathlib import Path

import pytest

from cloud.alerting.recipients_file import RecipientsFile
from cloud.sites.sites_file import load_sites as load_sites
from tests.cloud.alerting.conftest import sites_file


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "recipients.yaml"
    file.write_text(text)
    return file


def test_a_changed_file_is_read_again_and_a_broken_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path, "recipients: [{name: a, to: 'log:'}]")
    recipients = RecipientsFile(file)
    for number, (text, names) in enumerate(
        [("recipients: [{name: bb, to: 'log:'}]", ["bb"]), ("recipients: [", ["bb"]),
         ("recipients: [{name: c, to: 'log:'}, {name: d, to: 'x'}]", ["c"])], 1
    ):  # fmt: skip
        written(tmp_path, text)
        os.utime(file, ns=(number, number))
        assert [one.name for one in recipients.read()] == names
        recipients.read()
    events = [record.getMessage() for record in caplog.records]
    assert events.count("recipients_file.refused") == 1
    assert events.count("recipient.refused") == 1


AT_LB = "recipients: [{name: a, to: 'log:', locations: [%s]}, {name: all, to: 'log:'}]"


def test_locations_are_checked_again_when_the_sites_file_changes(tmp_path: Path) -> None:
    kx = load_sites(sites_file(tmp_path / "kx.yaml", {"KX-01": "[a]"}))
    both = load_sites(sites_file(tmp_path / "both.yaml", {"KX-01": "[a]", "LB-01": "[b]"}))
    in_force = [kx]
    recipients = RecipientsFile(written(tmp_path, AT_LB % "LB-01"), lambda: in_force[0])
    assert [one.name for one in recipients.read()] == ["all"]
    in_force[0] = both
    assert [one.name for one in recipients.read()] == ["a", "all"]
    in_force[0] = kx  # what was valid stays in force
    assert sorted(one.name for one in recipients.read()) == ["a", "all"]
