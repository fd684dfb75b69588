"""Names that people read must be visible: no zero-width, control or other blank characters.

A name of invisible characters looks empty on every page, and two names that differ only in such a
character look the same. The joiners U+200C and U+200D are part of the spelling of Persian, Arabic
and Indic words, so they are accepted between two letters.
"""

import unicodedata
from typing import Final

JOINERS: Final = frozenset("\u200c\u200d")
INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
# letters of the general categories Lo and So that every font draws as nothing
BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def check_visible_name(field: str, name: str) -> None:
    """Raise ValueError where `name` has an invisible character or blanks at an end."""
    found = dict.fromkeys(
        character for position, character in enumerate(name) if _is_invisible(name, position)
    )
    if found:
        listed = ", ".join(_describe(character) for character in found)
        raise ValueError(
            f"{field} {name[:64]!a} has {listed}, which nobody can see: use letters, digits, "
            "punctuation, and plain spaces between them"
        )
    if name != name.strip(" ") or not name:
        raise ValueError(f"{field} {name[:64]!a} is empty or begins or ends with a space")


def _is_invisible(name: str, position: int) -> bool:
    character = name[position]
    if character == " ":
        return False
    if character in JOINERS:
        return not (
            _is_letter(name[position - 1 : position]) and _is_letter(name[position + 1 :][:1])
        )
    return character in BLANK_LETTERS or unicodedata.category(character) in INVISIBLE_CATEGORIES


def _is_letter(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "LM"


def _describe(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} ({name})" if name else f"U+{ord(character):04X}"
