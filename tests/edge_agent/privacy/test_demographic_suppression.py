"""Small groups wait; totals never do."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.privacy.demographic_suppression import DemographicSuppression
from wire.audience import AgeGroup, DemographicCell, Gender


def cell(age, gender, visits, onlookers=0):
    return DemographicCell(
        age=AgeGroup(age), gender=Gender(gender), visits=visits, onlookers=onlookers
    )


def test_a_cell_leaves_when_enough_have_come_together():
    #  visits of women of 25 to 34   2 │ 2 │ 2
    #  released, k = 5                 │   │ 6
    held = DemographicSuppression(5)
    released = []
    for _ in range(3):
        held.add([cell("25-34", "female", 2, 1)])
        released.append(held.release(9, 9))
    assert released == [(), (), (cell("25-34", "female", 6, 3),)]
    assert held.waiting_visits == 0


def test_a_report_never_describes_more_than_it_counts():
    held = DemographicSuppression(5)
    held.add([cell("25-34", "male", 12, 4)])
    assert held.release(4, 4) == ()
    assert held.release(6, 2) == (cell("25-34", "male", 6, 2),)
    assert held.release(100, 100) == (cell("25-34", "male", 6, 2),)


def test_people_without_an_estimate_are_not_described():
    held = DemographicSuppression(2)
    held.add([cell("unknown", "unknown", 50), cell("unknown", "female", 3)])
    assert held.release(99, 99) == (cell("unknown", "female", 3),)


CELLS = st.builds(
    lambda age, gender, looks: cell(age, gender, len(looks), sum(looks)),
    st.sampled_from(AgeGroup),
    st.sampled_from(Gender),
    st.lists(st.booleans(), min_size=1, max_size=6),
)
REPORTS = st.lists(st.lists(CELLS, max_size=6), max_size=30)


@given(REPORTS, st.integers(2, 9))
def test_everybody_is_described_once_at_most_and_never_in_a_small_group(reports, smallest):
    held = DemographicSuppression(smallest)
    into = out = into_looked = out_looked = 0
    for cells in reports:
        held.add(cells)
        visits, onlookers = sum(c.visits for c in cells), sum(c.onlookers for c in cells)
        released = held.release(visits, onlookers)
        known = [c for c in cells if (c.age, c.gender) != (AgeGroup.UNKNOWN, Gender.UNKNOWN)]
        into, into_looked = (
            into + sum(c.visits for c in known),
            into_looked + sum(c.onlookers for c in known),
        )
        out, out_looked = (
            out + sum(c.visits for c in released),
            out_looked + sum(c.onlookers for c in released),
        )
        assert sum(c.visits for c in released) <= visits
        assert sum(c.onlookers for c in released) <= onlookers
        assert all(c.visits >= smallest and c.onlookers <= c.visits for c in released)
        assert len({(c.age, c.gender) for c in released}) == len(released)
    assert into == out + held.waiting_visits
    assert out_looked <= into_looked
