"""Errors about an unknown word or field name the closest allowed one and list all."""

from enum import StrEnum

import msgspec
import pytest

from cloud.suggestions import explain_field, unknown_word


class Season(StrEnum):
    SPRING = "spring"
    AUTUMN = "autumn"


class Leaf(msgspec.Struct):
    colour: str = ""


class Branch(msgspec.Struct):
    leaves: tuple[Leaf | str, ...] = ()
    bark: Leaf | None = None
    shown: int = msgspec.field(default=0, name="visible")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ("yelow", "colour 'yelow' is not known: did you mean 'yellow'? allowed are red, yellow"),
        ("red.", "colour 'red.' is not known: did you mean 'red'? allowed are red, yellow"),
        ("rd", "colour 'rd' is not known: allowed are red, yellow"),
        ("", "colour '' is not known: allowed are red, yellow"),
    ],
)
def test_a_word_is_explained_with_the_closest_unless_it_is_short(found: str, sentence: str):
    assert unknown_word("colour", found, {"yellow", "red"}) == sentence


def test_a_hostile_word_is_escaped_and_cut():
    sentence = unknown_word("colour", "\x1b[31m" * 1000, {"red"})
    assert "\x1b" not in sentence
    assert len(sentence) < 400


def explain(data: object) -> str:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(data, _strict(Branch))
    return explain_field(str(refused.value), Branch)


def _strict(kind: type) -> type:
    """The same fields, but unknown ones are errors."""
    leaf = msgspec.defstruct("L", [("colour", str, "")], forbid_unknown_fields=True)
    return msgspec.defstruct(
        "B",
        [
            ("leaves", tuple[leaf | str, ...], ()),  # type: ignore[valid-type]
            ("bark", leaf | None, None),
            ("visible", int, 0),
        ],
        forbid_unknown_fields=True,
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"leafs": []}, "did you mean 'leaves'? allowed are bark, leaves, visible - at `$`"),
        ({"shown": 1}, "allowed are bark, leaves, visible - at `$`"),
        ({"leaves": [{"color": ""}]}, "did you mean 'colour'? allowed are colour"),
        ({"bark": {"color": ""}}, "allowed are colour - at `$.bark`"),
    ],
)
def test_an_unknown_field_is_explained_with_the_fields_of_its_place(data: object, sentence: str):
    assert sentence in explain(data)


def test_another_message_is_returned_unchanged():
    assert explain_field("Expected `int`, got `str` - at `$.a`", Branch) == (
        "Expected `int`, got `str` - at `$.a`"
    )


def test_a_word_that_is_no_value_of_an_enumeration_is_explained_with_its_place():
    twig = msgspec.defstruct("Twig", [("seasons", tuple[Season, ...] | None)])
    tree = msgspec.defstruct("Tree", [("twigs", tuple[twig, ...])])
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"twigs": [{"seasons": ["spring", "autum"]}]}, tree)
    assert explain_field(str(refused.value), tree) == (
        "seasons 'autum' is not known: did you mean 'autumn'? allowed are autumn, spring "
        "- at `$.twigs[0].seasons[1]`"
    )
