import pytest

from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, bucket_of, quantile_ms, tally


def test_a_value_on_an_edge_belongs_to_the_bucket_above():
    assert bucket_of(999, DWELL_EDGES_MS) == 0
    assert bucket_of(1_000, DWELL_EDGES_MS) == 1
    assert bucket_of(300_000, DWELL_EDGES_MS) == len(DWELL_EDGES_MS)


def test_the_first_attention_bucket_means_never_looked():
    assert bucket_of(0, ATTENTION_EDGES_MS) == 0
    assert bucket_of(1, ATTENTION_EDGES_MS) == 1


def test_histograms_add_up():
    left, right = [500, 4_000, 90_000], [1_500, 4_500]
    together = tally(left + right, DWELL_EDGES_MS)
    summed = zip(tally(left, DWELL_EDGES_MS), tally(right, DWELL_EDGES_MS), strict=True)
    assert together == tuple(a + b for a, b in summed)


def test_a_quantile_lies_linearly_inside_its_bucket():
    #  3 000          5 000 ms
    #    [ x   x   x   x )        four visits, the median half way
    assert quantile_ms(tally([3_000] * 4, DWELL_EDGES_MS), DWELL_EDGES_MS, 0.5) == 4_000


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([400_000], 0.9, 300_000.0), ([500, 400_000], 0.5, 1_000.0)],
)
def test_quantiles_say_what_is_known(values, share, expected):
    assert quantile_ms(tally(values, DWELL_EDGES_MS), DWELL_EDGES_MS, share) == expected
