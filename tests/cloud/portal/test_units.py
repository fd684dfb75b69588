"""The unit tests of the portal, which Vitest runs in one process."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cloud.portal.node_runs import ROOT, WEB, environment

FORBIDDEN = ("dangerouslySetInnerHTML", ".innerHTML", ".outerHTML", "insertAdjacentHTML")


@pytest.mark.slow
def test_the_unit_tests_of_the_portal_pass(tmp_path: Path):
    assert (WEB / "node_modules").exists(), "the portal has no packages: run `make portal`"
    report = tmp_path / "vitest.json"
    command = ["node_modules/.bin/vitest", "run", "--reporter=json", f"--outputFile={report}"]
    done = subprocess.run(
        command, cwd=WEB, env=environment(), capture_output=True, text=True, check=False
    )
    assert report.is_file(), done.stdout + done.stderr
    found = json.loads(report.read_text())
    failures = [
        f"{Path(file['name']).relative_to(WEB)}: {test.get('fullName', '')}: "
        + "\n".join(test.get("failureMessages", ()))
        for file in found["testResults"]
        for test in (file["assertionResults"] or [{"failureMessages": [file["message"]]}])
        if test.get("status") != "passed"
    ]
    assert failures == [], "\n".join(failures)
    assert found["numPassedTests"] > 0


def test_no_component_writes_html_and_none_has_a_type_without_meaning():
    sources = [file for kind in ("*.ts", "*.tsx") for file in (WEB / "src").rglob(kind)]
    assert sources
    for file in sources:
        if file.name == "schema.d.ts":
            continue
        text = file.read_text()
        where = file.relative_to(ROOT)
        assert not [word for word in FORBIDDEN if word in text], where
        assert ": any" not in text, where
        assert "as any" not in text, where
