"""Shared by tests that run an agent: a camera of given images, and the reports received."""

from datetime import UTC, datetime, timedelta

from edge_agent.capture.camera import ActivityLevel, Counters
from edge_agent.capture.frame import Frame, FrameGap
from wire.audience import AudienceReport
from wire.envelope import AlarmEvent, AudienceEvent
from wire.health import CaptureState

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STEP_S = 0.2


class FrameSequence:
    """A camera of given images from eight o'clock on; None is a frame that does not arrive.

    `before` holds functions by second: each is called before the frame of its second.
    """

    def __init__(self, images, *, before=None):
        self.name = "images"
        self.state = CaptureState.STREAMING
        self.counters = Counters()
        self.before = before or {}
        self.closed = False
        self.activities = []
        self._images = images

    def close(self):
        self.closed = True

    def __iter__(self):
        for index, image in enumerate(self._images):
            at_s = index * STEP_S
            self.before.pop(at_s, lambda: None)()
            if image is None:
                yield FrameGap(EIGHT + timedelta(seconds=at_s), at_s)
            else:
                self.counters.captured += 1
                yield Frame(image, EIGHT + timedelta(seconds=at_s), at_s, index)


class RestingCamera(FrameSequence):
    """At rest it yields every tenth frame, and resting gaps between them."""

    resting = False
    rest_after_s = 0.0

    def set_activity(self, activity):
        self.activities.append(activity)
        self.resting = activity is ActivityLevel.KEY_PICTURES

    def __iter__(self):
        for moment in super().__iter__():
            if self.resting and moment.index % 10:
                yield FrameGap(moment.captured_at, moment.elapsed_s, resting=True)
            else:
                yield moment


def audience_reports(events) -> list[AudienceReport]:
    return [event.data for event in events if isinstance(event, AudienceEvent)]


def alarm_states(events):
    return [
        (event.data.kind, event.data.state) for event in events if isinstance(event, AlarmEvent)
    ]
