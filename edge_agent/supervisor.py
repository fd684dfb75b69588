"""Runs the cameras of one device in one process: one thread and one agent for each.

An agent of a live camera that ends by an unexpected error is started again after a pause that
doubles. An agent that reads a recording is not: another run would count the recording again. The
other agents are not affected.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from edge_agent.agent import Agent
from edge_agent.capture.camera import CaptureError
from edge_agent.metering.run_totals import RunTotals
from wire.process.type_info import build_type_info
from wire.scalars import DeviceId

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
GOODBYE_S: Final = 5.0
INTERRUPTED: Final = (
    "the agent failed while it read the recording: what it had measured is reported, the rest of "
    "the recording is not measured; see the log for the error"
)
AgentFactory = Callable[[], AbstractContextManager[Agent]]


class Supervisor:
    """Runs one agent per camera until all have ended or `stop` is called.

    `agents` holds running agents by device; `unreadable` says why a recording was not read whole.
    """

    def __init__(self, engagements: Mapping[DeviceId, AgentFactory], *, drain_s: float = 10.0):
        self.agents: dict[DeviceId, Agent] = {}
        self.totals: dict[DeviceId, RunTotals] = {}
        self.unreadable: dict[DeviceId, str] = {}
        self.restarts = False
        self.into: Path | None = None
        self._engagements = engagements
        self._drain_s = drain_s
        self._stop = threading.Event()

    def run(self) -> dict[DeviceId, RunTotals]:
        """Run every camera; returns the totals of each."""
        build_type_info()  # the threads decode the same types: see wire/process/type_info.py
        threads = [
            threading.Thread(target=self._keep, args=(device, engage), name=device, daemon=True)
            for device, engage in self._engagements.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and not self._stop.is_set():
                thread.join(1.0)
        for thread in threads:
            thread.join(self._drain_s + GOODBYE_S)
        return self.totals

    def stop(self) -> None:
        """End the run soon and in order; from any thread or a signal handler."""
        self._stop.set()
        for agent in list(self.agents.values()):
            agent.close()

    def skip_drain(self) -> None:
        """Stop at once: wait for no acknowledgement. The reports stay in the outboxes."""
        self.stop()
        for agent in list(self.agents.values()):
            agent.skip_drain()

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    def restart(self, into: Path | None = None) -> None:
        """End the run, so that the caller restarts the program, in the slot `into` if given."""
        self.restarts, self.into = True, into
        self.stop()

    def _keep(self, device: DeviceId, engage: AgentFactory) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            agent: Agent | None = None
            try:
                with engage() as agent:
                    self.agents[device] = agent
                    self.totals[device] = agent.totals
                    agent.run(self._stop, drain_s=self._drain_s)
            except CaptureError as error:  # another attempt would not read the recording better
                self.unreadable[device] = str(error)
                log.error("source.unreadable", extra={"device": device, "reason": str(error)})
                return
            except Exception:  # an error of one camera must not end the others
                if agent is not None and agent.reads_recording:
                    self.unreadable[device] = INTERRUPTED
                    log.exception("recording.interrupted", extra={"device": device})
                    return
                log.exception("agent.failed", extra={"device": device, "pause_s": pause_s})
                self._stop.wait(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                return
