"""`python -m cloud openapi`: the file that clients are generated from."""

import json
import re

from cloud.__main__ import main
from cloud.api.openapi_file import write_if_changed

REFERENCE = re.compile(r'"\$ref": "#/components/schemas/([^"]+)"')


def test_every_reference_of_the_document_leads_to_a_schema(tmp_path):
    file = tmp_path / "openapi.json"
    assert main(["openapi", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    document = json.loads(text)

    assert set(REFERENCE.findall(text)) <= set(document["components"]["schemas"])
    assert "/api/live" in document["paths"]


def test_an_unchanged_file_is_not_written_again(tmp_path):
    file = tmp_path / "a.json"
    assert write_if_changed(file, "é")
    written = file.stat().st_mtime_ns
    assert not write_if_changed(file, "é")
    assert file.stat().st_mtime_ns == written
    assert write_if_changed(file, "e")
