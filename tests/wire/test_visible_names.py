"""An invisible name, or one that looks like another, is refused with the characters found."""

import pytest

from wire.visible_names import check_visible_name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("\u200b", "U+200B (ZERO WIDTH SPACE)"),
        ("\u200b\u2060\ufeff", "U+2060 (WORD JOINER)"),
        ("door\u200b", "U+200B"),
        ("door\u202eleft", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("\u00a0", "U+00A0 (NO-BREAK SPACE)"),
        ("one\u3000two", "U+3000 (IDEOGRAPHIC SPACE)"),
        ("a\tb", "U+0009"),
        ("a\x00", "U+0000"),
        ("a\n", "U+000A"),
        ("\u2028", "U+2028 (LINE SEPARATOR)"),
        ("\u3164", "U+3164 (HANGUL FILLER)"),
        ("\u200d", "U+200D (ZERO WIDTH JOINER)"),
        ("a\u200d", "U+200D"),
        (" ", "is empty or begins or ends with a space"),
        ("door ", "is empty or begins or ends with a space"),
        ("", "is empty"),
    ],
)
def test_invisible_characters_are_refused_by_name(name, found):
    with pytest.raises(ValueError, match="zone name") as refused:
        check_visible_name("zone name", name)
    assert found in str(refused.value)
    assert str(refused.value).isascii()


@pytest.mark.parametrize(
    "name",
    [
        "door",
        "left door 2",
        "Café Zürich",
        "King's Cross — St Pancras",
        "東京駅",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # a Persian word with its joiner
    ],
)
def test_names_of_any_language_are_accepted(name):
    check_visible_name("zone name", name)
