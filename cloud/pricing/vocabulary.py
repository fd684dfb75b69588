"""Words of the sites file that a rate card must price: `traffic` and `demographic`.

A word that the rate card does not name has the factor 1, also a misspelt one. The two files are
therefore checked wherever both are loaded.
"""

from collections.abc import Iterable, Iterator

from cloud.pricing.rate_card import RateCard
from cloud.sites.site_model import Site
from cloud.suggestions import unknown_word
from cloud.yaml_document import DocumentError


def unpriced_words(sites: Iterable[Site], card: RateCard) -> Iterator[str]:
    """A sentence for each word of a location that the card does not name."""
    for site in sites:
        words = (
            ("traffic", site.attributes.traffic, card.traffic),
            ("demographic", site.attributes.demographic, card.demographic),
        )
        for name, word, priced in words:
            if word not in priced:
                yield (
                    f"{site.id}: {unknown_word(name, word, priced)} "
                    f"(rate card {card.version}): use one of them or add {word!r} to the card"
                )


def require_priced_words(sites: Iterable[Site], card: RateCard) -> None:
    """Raise DocumentError that lists every word without a factor on the card."""
    if sentences := list(unpriced_words(sites, card)):
        raise DocumentError("; ".join(sentences))
