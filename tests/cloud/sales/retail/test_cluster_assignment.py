"""Arms are drawn at random within pairs: balanced, stratified, and the same for the same seed."""

import numpy as np

from cloud.sales.retail.cluster_assignment import (
    ClusterTraits,
    ExperimentArm,
    assign_clusters,
    count_arms,
)

CLUSTERS = [
    ClusterTraits(f"C-{n:02}", f"{'ns'[n % 2]}/{'urban' if n < 13 else 'rural'}", float(n))
    for n in range(27)
]


def test_the_same_seed_gives_the_same_arms_and_another_one_does_not() -> None:
    one = assign_clusters(CLUSTERS, 7)
    assert assign_clusters(reversed(CLUSTERS), 7) == one
    assert assign_clusters(CLUSTERS, 8) != one


def test_the_arms_differ_by_one_cluster_at_most_in_total_and_in_each_stratum() -> None:
    for seed in range(20):
        drawn = assign_clusters(CLUSTERS, seed)
        counts = count_arms(drawn)
        assert abs(counts[ExperimentArm.CONTROL] - counts[ExperimentArm.TREATED]) <= 1
        for stratum in {one.stratum for one in CLUSTERS}:
            names = [one.cluster for one in CLUSTERS if one.stratum == stratum]
            own = count_arms({name: drawn[name] for name in names})
            assert abs(own[ExperimentArm.CONTROL] - own[ExperimentArm.TREATED]) <= 1


def test_every_cluster_is_treated_in_half_of_the_draws_and_the_margins_are_balanced() -> None:
    draws = [assign_clusters(CLUSTERS, seed) for seed in range(400)]
    treated = np.array(
        [[one[c.cluster] is ExperimentArm.TREATED for c in CLUSTERS] for one in draws]
    )
    assert (np.abs(treated.mean(axis=0) - 0.5) < 0.1).all()
    margin = np.array([c.margin for c in CLUSTERS])
    gaps = np.array([margin[row].mean() - margin[~row].mean() for row in treated])
    free = np.random.default_rng(1).permuted(np.tile(margin, (400, 1)), axis=1)
    assert gaps.std() < 0.5 * (free[:, :13].mean(axis=1) - free[:, 13:].mean(axis=1)).std()


def test_clusters_without_a_margin_are_drawn_too() -> None:
    clusters = [ClusterTraits(f"C-{n}", "n/urban", None) for n in range(4)]
    assert set(count_arms(assign_clusters(clusters, 1)).values()) == {2}
