"""Sites and a rate card for tests, so that no test of a rule depends on a shipped price."""

from functools import cache
from pathlib import Path

from cloud.pricing.rate_card import RateCard
from cloud.sites.sites import Sites
from cloud.sites.sites_file import load_sites
from cloud.yaml_document import read_document

SITES_FILE = Path(__file__).parent / "sites.yaml"
CARD_FILE = Path(__file__).parent / "rates.yaml"
CARD = read_document(CARD_FILE, RateCard)


@cache
def sites() -> Sites:
    """The eight locations of `sites.yaml`, read once in each process: nothing changes them."""
    return load_sites(SITES_FILE)
