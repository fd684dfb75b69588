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
    found = dict.fromkeys(sign for place, sign in enumerate(name) if _is_invisible(name, place))
    if found:
        listed = ", ".join(_described(sign) for sign in found)
        raise ValueError(
            f"{field} {name[:64]!a} has {listed}, which nobody can see: use letters, digits, "
            "punctuation, and plain spaces between them"
        )
    if name != name.strip(" ") or not name:
        raise ValueError(f"{field} {name[:64]!a} is empty or begins or ends with a space")


def _is_invisible(name: str, place: int) -> bool:
    sign = name[place]
    if sign == " ":
        return False
    if sign in JOINERS:
        return not (_is_letter(name[place - 1 : place]) and _is_letter(name[place + 1 :][:1]))
    return sign in BLANK_LETTERS or unicodedata.category(sign) in INVISIBLE_CATEGORIES


def _is_letter(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign)[0] in "LM"


def _described(sign: str) -> str:
    name = unicodedata.name(sign, "")
    return f"U+{ord(sign):04X} ({name})" if name else f"U+{ord(sign):04X}"
