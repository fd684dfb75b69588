"""What a rule set changes against another one."""

from pathlib import Path

from cloud.cli.retail.rule_differences import list_differences
from cloud.pricing.retail.rules import read_rules_file


def test_overrides_with_the_same_selectors_are_counted(tmp_path: Path):
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file, days in zip(files, (3, 4), strict=True):
        file.write_text(f"version: a\noverrides: [{{hold_days: 1}}, {{hold_days: {days}}}]\n")
    old, new = map(read_rules_file, files)
    assert list_differences(old, new) == ["overrides[everything #2].hold_days: 3 -> 4"]
