"""Rule sets: which values hold for a product in a store, and what is refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from cloud.pricing.retail.rules import (
    REFERENCE,
    PriceRules,
    RuleChanges,
    RuleOverride,
    RuleSubject,
    RuleValues,
    read_rules_file,
)
from cloud.yaml_document import DocumentError

JUICE = RuleSubject("juice-1", "s-1", "juice/orange", "north")


def make_rules(*overrides: RuleOverride) -> PriceRules:
    defaults = RuleValues(minimum_margin=Decimal("0.1"), maximum_move=Decimal("0.15"))
    return PriceRules(version="a", defaults=defaults, overrides=overrides)


@pytest.mark.parametrize(
    ("selector", "applies"),
    [
        ({}, True), ({"category": "juice"}, True), ({"category": "juice/orange"}, True),
        ({"category": "juice/orange/fresh"}, False), ({"category": "jui"}, False),
        ({"region": "north", "product": "juice-1"}, True), ({"store": "s-2"}, False),
        ({"region": "south", "product": "juice-1"}, False),
    ],
)  # fmt: skip
def test_an_override_applies_to_what_matches_every_selector(selector, applies):
    rules = make_rules(RuleOverride(minimum_margin=Decimal("0.3"), **selector))
    found = rules.values_for(JUICE)
    assert found.minimum_margin == Decimal("0.3" if applies else "0.1")
    assert found.maximum_move == Decimal("0.15")


def test_a_later_override_takes_precedence_and_null_switches_a_rule_off():
    rules = make_rules(
        RuleOverride(product="juice-1", minimum_margin=Decimal("0.3"), maximum_move=None),
        RuleOverride(category="juice", minimum_margin=Decimal("0.2")),
    )
    found = rules.values_for(JUICE)
    assert (found.minimum_margin, found.maximum_move) == (Decimal("0.2"), None)


def test_changes_for_everything_come_last():
    rules = make_rules(RuleOverride(product="juice-1", minimum_margin=Decimal("0.3")))
    changed = rules.with_changes(RuleChanges(minimum_margin=Decimal("0.05")))
    assert changed.values_for(JUICE).minimum_margin == Decimal("0.05")
    assert changed.digest != rules.digest


def test_the_digest_is_that_of_the_content():
    assert make_rules().digest == make_rules().digest
    assert make_rules().digest != make_rules(RuleOverride(hold_days=1)).digest


def test_the_reference_explains_every_word():
    rules, text = read_rules_file(REFERENCE), REFERENCE.read_text()
    assert rules.version == "reference-1"
    words = [*PriceRules.__struct_fields__, *RuleValues.__struct_fields__]
    assert [word for word in words if f"{word}:" not in text] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("minimum_margin: 1", "at least 0 and below 1"),
        ("minimum_margin: 0.12345", "at most 4 decimals"),
        ("maximum_mov: 0.1", "did you mean 'maximum_move'"),
        ("volume_weight: 1.5", "at most 1"),
        ("competitor_band: {least: 1.2, most: 0.9}", r"least \(1.2\) exceeds most \(0.9\)"),
        ("clearance: {maximum_discount: 0.5}", "ends_on"),
        ("hold_days: -1", ">= 0"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(tmp_path: Path, line: str, words: str):
    file = tmp_path / "rules.yaml"
    file.write_text(f"version: a\ndefaults:\n  {line}\n")
    with pytest.raises(DocumentError, match=words):
        read_rules_file(file)


def test_an_unknown_currency_of_a_ladder_is_refused(tmp_path: Path):
    file = tmp_path / "rules.yaml"
    file.write_text("version: a\nladders:\n  XYZ:\n    - {step: 1}\n")
    with pytest.raises(DocumentError, match="is no currency"):
        read_rules_file(file)
