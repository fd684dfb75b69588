"""A small bundle in place of the built one, for tests of how it is served."""

import gzip
from pathlib import Path

import pytest

from cloud.portal import content

SCRIPT = b"export const answer = 42;"


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bundle"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Onlooker</title>")
    (folder / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "notes.txt").write_text("not served")
    monkeypatch.setattr(content, "FOLDER", folder)
    return folder
