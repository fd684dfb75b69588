from datetime import UTC, datetime, timedelta

from edge_agent.metering.run_totals import RunTotals
from tests.report_builder import build_report
from wire.audience import BlindCause, FrameCounts
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS, tally
from wire.scalars import SequenceRange

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def report(blind_ms):
    return build_report(
        location="KX-01", device="kx-01-cam-1", journal="0" * 16,
        sequence=SequenceRange(first=1, last=1),
        starts_at=NOON, ends_at=NOON + timedelta(seconds=30),
        frames=FrameCounts(captured=450, dropped=3, analysed=150),
        observed_ms=20_000, blind_ms=blind_ms, person_ms=9_000, facing_ms=5_000,
        looking_ms=4_000, entries=3, visits=2, onlookers=1, dwell_ms=8_000,
        dwell_histogram=tally([4_000, 4_000], DWELL_EDGES_MS),
        attention_histogram=tally([0, 4_000], ATTENTION_EDGES_MS),
    )  # fmt: skip


def test_totals_of_a_run_are_the_sums_of_its_reports():
    totals = RunTotals()
    totals.add(report({BlindCause.DARK: 2_000, BlindCause.PAUSED: 1}))
    totals.add(report({BlindCause.DARK: 500}))
    assert totals == RunTotals(
        reports=2, captured=900, dropped=6, analysed=300, entries=6, visits=4, onlookers=2,
        person_ms=18_000, dwell_ms=16_000, looking_ms=8_000, observed_ms=40_000,
        blind_ms={BlindCause.DARK: 2_500, BlindCause.PAUSED: 1},
    )  # fmt: skip


def test_a_run_without_reports_is_zero_and_has_no_unobserved_cause():
    fields = RunTotals().as_fields()
    assert fields.pop("blind_ms") == {}
    assert set(fields.values()) == {0}


def test_the_fields_of_a_log_record_do_not_change_with_the_totals():
    totals = RunTotals()
    fields = totals.as_fields()
    totals.add(report({BlindCause.DARK: 2_000}))
    assert fields["reports"] == 0
    assert fields["blind_ms"] == {}
