import pytest

from edge_agent.metering.visit import Visit, VisitSpan
from edge_agent.perception.attention import Attention
from edge_agent.settings.perception import AttentionSettings

L, F, A = Attention.LOOKING, Attention.FACING, Attention.AWAY
LIMITS = AttentionSettings(engaged_frames=3, engaged_s=1.0)


def visit_of(*sightings, limits=LIMITS):
    """The visit of these sightings: milliseconds and attention."""
    (first_ms, first), *others = sightings
    visit = Visit(track=1, first_ms=first_ms, last_ms=first_ms, attention=first)
    visit.record_attention(first)
    for at_ms, now in others:
        visit.extend(VisitSpan(visit.last_ms, at_ms, visit.attention), now, limits)
        visit.last_ms = at_ms
    return visit


def test_time_belongs_to_the_attention_at_its_start():
    #  0 looks      1000 faces   1500 looks   1700
    visit = visit_of((0, L), (1_000, F), (1_500, L), (1_700, A))
    assert visit.dwell_ms == 1_700
    assert visit.looking_ms == 1_200


def test_a_single_sighting_lasts_no_time():
    visit = visit_of((5_000, L))
    assert (visit.dwell_ms, visit.looking_ms, visit.engaged) == (0, 0, False)


@pytest.mark.parametrize(
    ("sightings", "engaged"),
    [
        ([(0, L), (500, L), (1_000, L)], True),  # three frames, one second
        ([(0, L), (500, L), (999, L)], False),  # one millisecond too short
        ([(0, L), (1_000, L)], False),  # two frames
        ([(0, L), (400, L), (800, A), (1_200, L), (1_600, L), (2_000, L)], False),
        ([(0, L), (500, L), (1_000, L), (1_500, A)], True),  # engaged before the head turned
    ],
)
def test_a_visit_is_engaged_after_frames_and_time_in_a_row(sightings, engaged):
    assert visit_of(*sightings).engaged is engaged


def test_limits_of_zero_and_one_make_every_look_an_engagement():
    limits = AttentionSettings(engaged_frames=1, engaged_s=0.0)
    assert visit_of((0, A), (100, L), limits=limits).engaged
    assert not visit_of((0, A), (100, F), limits=limits).engaged


def test_a_zone_is_entered_once_at_its_first_time():
    visit = visit_of((0, A))
    assert visit.enter_zones(("door", "window"), 1_000) == ["door", "window"]
    assert visit.enter_zones((), 2_000) == []
    assert visit.enter_zones(("window", "till"), 3_000) == ["till"]
    assert visit.zones == ("window", "till")
    assert visit.zone_entries_ms == {"door": 1_000, "window": 1_000, "till": 3_000}
