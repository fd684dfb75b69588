"""The totals of one run of the agent, for its log and the status page."""

from dataclasses import asdict, dataclass, field

from wire.audience import AudienceReport, BlindCause


@dataclass(slots=True)
class RunTotals:
    """The totals of one run; times in whole milliseconds."""

    reports: int = 0
    captured: int = 0
    dropped: int = 0
    analysed: int = 0
    entries: int = 0
    visits: int = 0
    onlookers: int = 0
    person_ms: int = 0
    dwell_ms: int = 0
    looking_ms: int = 0
    observed_ms: int = 0
    blind_ms: dict[BlindCause, int] = field(default_factory=dict)
    model_faults: int = 0
    unacknowledged: int = 0
    damaged: int = 0  # packets of a recording that gave no picture

    def as_fields(self) -> dict[str, object]:
        """For a log record."""
        return asdict(self)

    def add(self, report: AudienceReport) -> None:
        """Add one report's sums."""
        self.reports += 1
        self.captured += report.frames.captured
        self.dropped += report.frames.dropped
        self.analysed += report.frames.analysed
        self.entries += report.entries
        self.visits += report.visits
        self.onlookers += report.onlookers
        self.person_ms += report.person_ms
        self.dwell_ms += report.dwell_ms
        self.looking_ms += report.looking_ms
        self.observed_ms += report.observed_ms
        for cause, spent_ms in report.blind_ms.items():
            self.blind_ms[cause] = self.blind_ms.get(cause, 0) + spent_ms
