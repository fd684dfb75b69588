"""The jobs of one device, kept by the job engine of the cloud."""

import msgspec

from cloud.fleet.jobs import execution
from tests.edge_agent.management.fake_link import FakeLink

DEVICE = "kx-01-cam-1"
JOBS = f"$aws/things/{DEVICE}/jobs"


class JobService:
    def __init__(self):
        self.link = FakeLink(self._answer)
        self.documents = {}
        self.executions = {}

    def create_job(self, job, document):
        """Queue a job; the device is notified if the job is the first."""
        first = not execution.sort_pending(self.executions.values())
        self.documents[job] = document
        self.executions[job] = execution.Execution(job, DEVICE, queued_at=len(self.documents))
        if first:
            self._notify()

    def cancel_job(self, job):
        self.executions[job] = execution.end_execution(
            self.executions[job], execution.ExecutionStatus.CANCELED, at=0
        )
        self._notify()

    def outcome(self, job):
        one = self.executions[job]
        return str(one.status), dict(one.details)

    def _notify(self):
        self.link.inbox.append(_message("notify-next", {"execution": self._next() or {}}))

    def _next(self):
        pending = execution.sort_pending(self.executions.values())
        return pending and execution.describe(pending[0], self.documents[pending[0].job], at=0)

    def _answer(self, topic, body):
        request, token = topic.removeprefix(f"{JOBS}/"), {"clientToken": body["clientToken"]}
        if request == "start-next":
            return [_message("start-next/accepted", {**self._start_next(), **token})]
        job = request.removesuffix("/update")
        try:
            self._apply(job, execution.parse_update(body))
        except execution.JobError as error:
            state = (
                {"executionState": execution.execution_state(error.execution)}
                if error.execution
                else {}
            )
            rejection = {"code": error.code, "message": error.message, **state, **token}
            return [_message(f"{job}/update/rejected", rejection)]
        return [_message(f"{job}/update/accepted", token)]

    def _start_next(self):
        pending = execution.sort_pending(self.executions.values())
        if not pending:
            return {}
        self._apply(pending[0].job, execution.StatusUpdate(execution.ExecutionStatus.IN_PROGRESS))
        return {"execution": self._next()}

    def _apply(self, job, update):
        self.executions[job] = execution.apply_update(
            self.executions[job], update, execution.RolloutConfig(), at=0
        )


def _message(end, body):
    return f"{JOBS}/{end}", msgspec.json.encode(body)
