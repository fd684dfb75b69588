"""Sites and a rate card for tests, so that no test of a rule depends on a shipped price."""

from pathlib import Path

from cloud.estate import Estate, document, load
from cloud.pricing.rate_card import RateCard

SITES_FILE = Path(__file__).parent / "sites.yaml"
CARD_FILE = Path(__file__).parent / "rates.yaml"
CARD = document(CARD_FILE, RateCard)


def sites() -> Estate:
    """The eight locations of `sites.yaml`."""
    return load(SITES_FILE)
