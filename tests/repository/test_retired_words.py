"""The terms of `docs/glossary.md` are used; words that it has retired are not."""

import pytest

from tests.repository.retired_words import PACKAGES, findings


@pytest.mark.parametrize("package", PACKAGES)
def test_names_and_texts_hold_no_retired_word(package):
    found = [str(one) for one in findings(package)]
    assert found == [], "\n".join(found)
