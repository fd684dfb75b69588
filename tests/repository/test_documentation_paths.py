"""Every file and folder that the documentation names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TOP = "wire|edge_agent|cloud|models|provisioning|simulators|tests|docs|requirements"
PATH = re.compile(rf"`((?:{TOP})/[\w./-]*)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_and_links_lead_somewhere(page):
    text = page.read_text()
    named = [ROOT / path for path in PATH.findall(text)]
    linked = [page.parent / target for target in LINK.findall(text)]
    assert [str(path) for path in (*named, *linked) if not path.exists()] == []
