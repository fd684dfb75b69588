"""Errors about unknown words and fields: they name the closest allowed word and list all."""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import get_args

import msgspec


def unknown_word(what: str, found: str, allowed: Collection[str]) -> str:
    """A sentence for a word outside its vocabulary: the closest word, unless short, and all."""
    close = difflib.get_close_matches(found[:64], sorted(allowed), n=1) if len(found) > 3 else []
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{what} {found[:64]!r} is not known: {hint}allowed are {', '.join(sorted(allowed))}"


def explain_field(message: str, kind: type[msgspec.Struct]) -> str:
    """A decoder's message; one about an unknown field or word lists the known ones instead."""
    word = re.search(r"Invalid enum value '(?P<word>.*)' - at `(?P<place>[^`]*)`", message)
    if word is not None:
        return _explain_word(word["word"], word["place"], kind) or message
    found = re.search(r"unknown field `(?P<field>[^`]*)`(?: - at `(?P<place>[^`]*)`)?", message)
    if found is None:
        return message
    place = found["place"] or "$"
    for step in _steps(place):
        kind = _struct_in(msgspec.structs.fields(kind), step)
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return f"{unknown_word('field', found['field'], names)} - at `{place}`"


def _explain_word(word: str, place: str, kind: type[msgspec.Struct]) -> str | None:
    """The words of the enumeration at a place; None for a literal, which has no words to list."""
    *outer, name = _steps(place)
    for step in outer:
        kind = _struct_in(msgspec.structs.fields(kind), step)
    held = next(one.type for one in msgspec.structs.fields(kind) if one.encode_name == name)
    words = [member.value for one in _enums_in(held) for member in one]
    return f"{unknown_word(name, word, words)} - at `{place}`" if words else None


def _steps(place: str) -> list[str]:
    """The fields on the way to a place such as `$.leaves[0].colour`."""
    return re.findall(r"\.(\w+)", place)


def _enums_in(held: object) -> Iterator[type[StrEnum]]:
    if isinstance(held, type) and issubclass(held, StrEnum):
        yield held
    for inner in get_args(held):
        yield from _enums_in(inner)


def _struct_in(fields: Iterable[msgspec.structs.FieldInfo], name: str) -> type[msgspec.Struct]:
    """The struct that a field holds, itself or as an element of a tuple or union."""
    held = next(field.type for field in fields if field.encode_name == name)
    while not (isinstance(held, type) and issubclass(held, msgspec.Struct)):
        held = next((inner for inner in get_args(held) if _leads_to_struct(inner)), msgspec.Struct)
    return held


def _leads_to_struct(held: object) -> bool:
    if isinstance(held, type) and issubclass(held, msgspec.Struct):
        return True
    return any(_leads_to_struct(inner) for inner in get_args(held))
