"""Recipes: one folder each, and only permissive data for what may be used commercially."""

from pathlib import Path

import pytest

from models import cards
from models.train.recipes import COMMERCIAL, RECIPES

CARDS = {
    "detection": cards.face_card("1.0.0", 17, 0.45),
    "attention": cards.attention_card("1.0.0", 17),
    "face-check": cards.face_verifier_card("1.0.0", 17),
    "attention-ytf": cards.attention_card("1.0.0", 17, research=True),
    "demographics": cards.class_card("demographics", "1.0.0", 17, {}),
    "emotion": cards.class_card("emotion", "1.0.0", 17, {}),
}


def test_two_recipes_never_write_the_same_checkpoint():
    paths = [recipe.checkpoint(Path("runs")) for recipe in RECIPES.values()]
    assert len(set(paths)) == len(RECIPES)
    assert RECIPES["detection"].checkpoint(Path("runs")) == Path("runs/detector/last.pt")


@pytest.mark.parametrize("kind", RECIPES)
def test_a_recipe_is_commercial_if_its_card_allows_it(kind):
    assert (CARDS[kind].licence_allows == "commercial") == (kind in COMMERCIAL)
