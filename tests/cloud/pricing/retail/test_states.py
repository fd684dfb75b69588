"""States as columns: what is unknown is NaN, never zero."""

import numpy as np
import pytest

from cloud.pricing.retail.states import PriceStates
from tests.cloud.pricing.retail.price_examples import make_state


def test_what_is_unknown_is_nan():
    states = PriceStates.from_rows([make_state(), make_state(stock=0, map_minor=300)])
    assert np.isnan(states.stock).tolist() == [True, False]
    assert np.isnan(states.map_minor).tolist() == [True, False]
    assert states.price_minor.tolist() == [349, 349]
    assert len(PriceStates.from_rows([])) == 0


def test_a_price_of_zero_is_refused():
    with pytest.raises(ValueError, match="at least one minor unit"):
        make_state(price_minor=0)
