"""The limits of the structure: small functions and files, one meaning for each class name.

`python tests/repository/structure.py` prints the figures and what is beyond a limit.
"""

import pytest

from tests.repository.structure import measure, percentile

MOST_LINES = 400
MOST_MODULES = 22


@pytest.fixture(scope="module")
def structure():
    return measure()


def test_functions_are_short_and_flat(structure):
    assert percentile(structure.function_lines, 0.5) <= 7
    assert percentile(structure.function_lines, 0.9) <= 20
    assert percentile(structure.nesting, 0.9) <= 2


def test_files_are_small(structure):
    assert percentile(list(structure.modules.values()), 0.9) <= 250
    assert {path: n for path, n in structure.modules.items() if n > MOST_LINES} == {}


def test_folders_hold_one_idea(structure):
    assert {path: n for path, n in structure.folders.items() if n > MOST_MODULES} == {}


def test_no_two_folders_import_each_other(structure):
    assert structure.mutual_imports == []


def test_a_class_name_has_one_meaning(structure):
    assert len(structure.repeated_classes) <= 5, structure.repeated_classes


def test_most_modules_have_a_test_at_the_mirrored_path(structure):
    assert structure.mirrored_ratio >= 0.8, structure.untested
