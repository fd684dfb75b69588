"""The terms of `docs/glossary.md` are used; words that it has retired are not."""

import pytest

from tests.repository.retired_words import PACKAGES, findings

UNFINISHED = ("wire", "edge_agent", "cloud", "models", "provisioning", "simulators", "tests")
"""Packages that still have retired words."""


@pytest.mark.parametrize("package", sorted(set(PACKAGES) - set(UNFINISHED)))
def test_names_and_texts_hold_no_retired_word(package):
    assert [str(one) for one in findings(package)] == []
