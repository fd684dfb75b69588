"""Snapshots in place of continuous analysis."""

import numpy as np

from edge_agent.settings.loading import parse
from tests.edge_agent.agent_run import FrameSequence, audience_reports
from wire.audience import BlindCause, SnapshotSum


def test_a_snapshot_is_the_frame_with_most_people_of_its_half_minute(agent, street, received):
    #  0 s to 30 s: one person all the time, three for two seconds; then no people
    def people(n):
        return [(40, 20)] * (n < 150) + [(120, 60), (200, 80)] * (60 <= n < 70)

    images = [street(n / 5, people(n)) for n in range(451)]
    totals = agent(FrameSequence(images), parse("[snapshots]\nevery_s = 30")).run()
    assert [report.snapshots for report in audience_reports(received)][:3] == [
        SnapshotSum(taken=1, people=3, facing=3, looking=3),
        SnapshotSum(taken=1, people=0, facing=0, looking=0),
        SnapshotSum(taken=1, people=0, facing=0, looking=0),
    ]
    assert totals.analysed == 9  # three candidates each
    assert (totals.observed_ms, totals.person_ms, totals.visits, totals.entries) == (0, 0, 0, 0)


def test_between_snapshots_unobserved_time_is_reported(agent, street, received):
    dark = np.zeros((180, 320, 3), np.uint8)
    images = [street(n / 5) if n < 50 else dark for n in range(150)]
    agent(FrameSequence(images), parse("[snapshots]\nevery_s = 30")).run()
    assert audience_reports(received)[0].blind_ms == {BlindCause.DARK: 19_800}
