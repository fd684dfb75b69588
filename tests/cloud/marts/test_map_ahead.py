"""Results come in order, one item ahead, and errors where they are due."""

from threading import Event

import pytest

from cloud.marts.map_ahead import map_ahead


def test_the_next_item_is_computed_while_the_caller_uses_one() -> None:
    computed = {number: Event() for number in range(4)}

    def compute(number: int) -> int:
        computed[number].set()
        return 10 * number

    results = map_ahead(compute, range(4))
    assert next(results) == 0
    assert computed[1].wait(timeout=30)
    assert not computed[2].is_set()
    assert list(results) == [10, 20, 30]


def test_an_error_is_raised_after_the_results_before_it() -> None:
    results = map_ahead(lambda number: 1 // number, (1, 0, 2))
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(map_ahead(str, ())) == []
