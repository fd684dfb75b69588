"""Frame observers receive every frame of a camera."""

from tests.edge_agent.agent_run import FrameSequence


class FakeObserver:
    """Records what it receives; raises an error at `fails_at`."""

    def __init__(self, fails_at=10**9):
        self.seen, self.closed, self._fails_at = [], False, fails_at

    def see(self, frame, heads):
        if len(self.seen) == self._fails_at:
            raise RuntimeError("failed")
        self.seen.append(heads)

    def close(self):
        self.closed = True


def test_an_observer_receives_every_frame_and_may_fail(agent, street, received, caplog):
    steady, failing = FakeObserver(), FakeObserver(fails_at=7)
    camera = FrameSequence([street(n / 5, [(100, 60)] * (10 <= n <= 20)) for n in range(50)])
    totals = agent(camera, observers=[steady, failing]).run()
    assert (len(steady.seen), len(failing.seen)) == (50, 7)
    assert steady.closed
    assert totals.captured == 50
    there = [heads for heads in steady.seen if heads]
    assert len(there) >= 11
    assert all((100.0, 60.0, 130.0, 90.0) in heads for heads in there[:11])
    assert [record.message for record in caplog.records].count("observer.failed") == 1
