"""Competitors react to the chain."""

import numpy as np

from simulators.shops.chain import Chain


def test_competitors_follow_the_chain(chain: Chain) -> None:
    own = chain.paths.list_minor.reshape(140, 16, 6, 2).mean(axis=3)
    late, early = slice(100, 140), slice(0, 40)
    moved = np.log(own[late].mean(axis=0) / own[early].mean(axis=0))
    answered = np.log(chain.competitor_minor[late].mean(0) / chain.competitor_minor[early].mean(0))
    assert np.corrcoef(moved.ravel(), answered.ravel())[0, 1] > 0.3
