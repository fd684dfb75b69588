"""The files of the built portal."""

import os
from pathlib import Path

from cloud.portal.content import FOLDER, read_bundle
from tests.cloud.portal.conftest import SCRIPT


def test_a_bundle_that_was_not_built_is_none(tmp_path: Path):
    assert read_bundle(tmp_path / "nothing") is None


def test_files_of_known_types_are_read_with_their_compressed_form(bundle: Path):
    found = read_bundle(bundle)
    assert found is not None
    assert set(found.assets) == {"index-1a2b.js"}
    script = found.assets["index-1a2b.js"]
    assert script.content == SCRIPT
    assert script.media_type.startswith("text/javascript")
    assert script.compressed is not None
    assert found.document.compressed is None


def test_another_build_is_read_without_a_restart(bundle: Path):
    first = read_bundle(bundle)
    assert read_bundle(bundle) is first
    document = bundle / "index.html"
    document.write_text("<!doctype html><title>Another</title>")
    os.utime(document, ns=(1, 1))
    second = read_bundle(bundle)
    assert second is not None
    assert b"Another" in second.document.content


def test_the_style_sheets_of_every_page_are_found_in_its_document(bundle: Path):
    document = bundle / "index.html"
    document.write_text('<link rel="stylesheet" crossorigin href="/assets/index-1a2b.css">')
    os.utime(document, ns=(2, 2))
    found = read_bundle(bundle)
    assert found is not None
    assert found.style_sheets == ("/assets/index-1a2b.css",)


def test_the_bundle_is_beside_its_sources():
    assert (FOLDER.parent / "web" / "package.json").is_file()
