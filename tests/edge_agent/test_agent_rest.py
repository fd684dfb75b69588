"""A camera at rest delivers and converts fewer frames; the measurement stays complete."""

from functools import partial

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.frame import Frame
from edge_agent.settings.loading import parse
from tests.edge_agent.agent_run import FrameSequence, RestingCamera


def test_rest_is_observed_time_and_ends_when_a_person_comes(agent, street, received):
    #  no people for 30 s (rests after 5 s), one person from 30 s to 40 s, then no people
    images = [street(n / 5, [(100, 60)] * (150 <= n <= 200)) for n in range(300)]
    camera = RestingCamera(images)
    camera.rest_after_s = 5.0
    totals = agent(camera, parse("[capture]\nrest_after_s = 5\n")).run()
    assert totals.observed_ms == 59_800
    assert totals.blind_ms == {}
    assert totals.entries == totals.visits == 1
    assert totals.person_ms == 10_000
    assert totals.analysed < 130
    assert camera.resting


class ConversionCounter(FrameSequence):
    """Counts the frames that are converted to colour."""

    coloured = 0

    def __iter__(self):
        for moment in super().__iter__():
            yield Frame(
                partial(self.colour, moment.image), moment.captured_at, moment.elapsed_s,
                moment.index, luma=partial(self.grey, moment.image),
            )  # fmt: skip

    def colour(self, image):
        self.coloured += 1
        return image

    def grey(self, image):
        return image[:, :, 0]


def test_only_analysed_frames_are_converted_to_colour(agent, street):
    camera = ConversionCounter([street(n / 5, [(100, 60)] * (50 <= n < 60)) for n in range(150)])
    totals = agent(camera).run()
    assert 10 < totals.analysed < 80
    assert camera.coloured == totals.analysed


class TwoStreamCamera(FrameSequence):
    """Yields coarse frames at rest; the first frame after a rest is coarse too."""

    rest_after_s = 2.0
    coarse = 0
    awake = False

    def set_activity(self, activity):
        self.activities.append(activity)

    def __iter__(self):
        for moment in super().__iter__():
            was_awake, self.awake = self.awake, self.activities[-1:] != [ActivityLevel.KEY_PICTURES]
            if was_awake and self.awake:
                yield moment
                continue
            self.coarse += 1
            small, at = moment.image[::2, ::2], (moment.captured_at, moment.elapsed_s)
            yield Frame(small, *at, moment.index, is_coarse=True)


def test_with_two_streams_whole_frames_are_requested_when_a_person_comes(agent, street, received):
    #  no people for 30 s, one person from 30 s to 40 s, no people; a detector run every 5 s
    images = [street(n / 5, [(100, 60)] * (150 <= n <= 200)) for n in range(300)]
    camera = TwoStreamCamera(images)
    totals = agent(camera).run()
    assert (totals.entries, totals.visits) == (1, 1)
    assert totals.person_ms >= 9_600
    assert totals.observed_ms == 59_800
    assert camera.coarse > 200
    assert camera.activities[-1] is ActivityLevel.KEY_PICTURES
