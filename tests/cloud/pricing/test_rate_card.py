"""A rate card is accepted as a whole or refused with the reason."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from cloud.pricing.rate_card import REFERENCE, RateCard, read_card_file
from cloud.yaml_document import DocumentError

WRITTEN = REFERENCE.read_text()


def test_the_reference_card_names_every_hour_at_most_once():
    card = read_card_file(REFERENCE)

    assert [card.band_at(hour) is None for hour in range(24)].count(True) == 4
    assert card.attention.least < 1 < card.attention.most


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ("factor: 1.4}", "factor: -1.4}", "'morning peak' has the factor -1.4: write one above 0"),
        ("factor: 1.4}", "factor: .nan}", r"nan is not a number .*\$.peak_hours\[0\].factor"),
        ("factor: 1.4}", "factor: 'NaN'}", "has the factor NaN"),
        ("factor: 1.4}", "factor: 1.40001}", "write at most 4 decimals"),
        ("factor: 1.4}", "factor: 1000}", "write one above 0, at most 100"),
        ("broad: 1.0", "broad: 0", "'broad' has the factor 0"),
        ("to_hour: 9", "to_hour: 11", "hour 10 is in both 'morning peak' and 'daytime'"),
        ("from_hour: 7, to_hour: 9", "from_hour: 9, to_hour: 9", "write 0 to 24 for the whole day"),
        ("[6, 7, 8]", "[6, 7, 11]", "month 11 is in both"),
        ("[6, 7, 8]", "[6, 7, 13]", r"\$.seasons\[1\].months\[2\]"),
        ("most: 2.5", "most: 0.001", r"least \(0.01\) is more than most \(0.001\)"),
        (
            "name: morning peak",
            'name: "morning\\u200bpeak"',
            r"name of a band .* has U\+200B \(ZERO",
        ),
        ("name: morning peak", 'name: "\\u3164"', r"name of a band .* has U\+3164"),
        ("name: morning peak", "name: ' peak'", "is empty or begins or ends with a space"),
        ("name: summer", 'name: "sum\\u202emer"', r"name of a season .* has U\+202E"),
        ("version: reference-3", "version: ''", r"\$.version"),
        ("limits:", "limit:", r"field .limit. is not known: did you mean .limits.\\?"),
    ],
)
def test_a_wrong_card_is_refused(tmp_path: Path, written: str, instead: str, sentence: str):
    assert written in WRITTEN
    wrong = tmp_path / "card.yaml"
    wrong.write_text(WRITTEN.replace(written, instead, 1))

    with pytest.raises(DocumentError, match=sentence):
        read_card_file(wrong)


def test_the_digest_changes_with_any_factor_and_with_nothing_else():
    card = read_card_file(REFERENCE)
    dearer = msgspec.structs.replace(card, traffic={**card.traffic, "business": Decimal("1.21")})

    assert card.digest == read_card_file(REFERENCE).digest
    assert card.digest != dearer.digest


def test_a_card_that_was_stored_with_an_invisible_name_stays_readable():
    card = read_card_file(REFERENCE)
    [first, *further] = card.peak_hours
    named = msgspec.structs.replace(first, name="morning\u200bpeak")
    stored = msgspec.structs.replace(card, peak_hours=(named, *further))

    assert msgspec.json.decode(msgspec.json.encode(stored), type=RateCard) == stored
