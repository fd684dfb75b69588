"""Words of the sites file without a factor on the rate card are reported, all at once."""

import msgspec
import pytest

from cloud.pricing.vocabulary import require_priced_words, unpriced_words
from cloud.yaml_document import DocumentError
from tests.cloud.rates import CARD, sites

SITES = list(sites())


def with_words(index: int, **words: str):
    site = SITES[index]
    return msgspec.structs.replace(
        site, attributes=msgspec.structs.replace(site.attributes, **words)
    )


def test_sites_whose_words_are_all_priced_pass():
    assert list(unpriced_words(SITES, CARD)) == []
    require_priced_words(SITES, CARD)
    require_priced_words([], CARD)


def test_a_misspelt_word_is_reported_with_the_nearest_one_and_the_card():
    word = sorted(CARD.traffic)[0]
    (sentence,) = unpriced_words([with_words(0, traffic=word + "x")], CARD)
    assert sentence.startswith(f"{SITES[0].id}: traffic '{word}x' is not known: ")
    assert f"did you mean '{word}'?" in sentence
    assert sentence.endswith(
        f"(rate card {CARD.version}): use one of them or add '{word}x' to the card"
    )


def test_every_word_of_every_site_is_in_the_one_error():
    wrong = [with_words(0, traffic="x1", demographic="x2"), SITES[1], with_words(2, traffic="x3")]
    with pytest.raises(DocumentError) as refused:
        require_priced_words(wrong, CARD)
    sentences = str(refused.value).split("; ")
    assert [sentence.partition(" is not known")[0] for sentence in sentences] == [
        f"{SITES[0].id}: traffic 'x1'",
        f"{SITES[0].id}: demographic 'x2'",
        f"{SITES[2].id}: traffic 'x3'",
    ]


def test_a_card_that_prices_no_word_reports_two_for_each_site():
    bare = msgspec.structs.replace(CARD, traffic={}, demographic={})
    assert len(list(unpriced_words(SITES, bare))) == 2 * len(SITES)
