"""What job runners share: outcomes that may be sent, and tasks in the background."""

import threading

import pytest

from edge_agent.management.job_runner import BackgroundTask, fail, reject, succeed

THREAD_LIMIT_S = 20


def join(task):
    task._thread.join(THREAD_LIMIT_S)
    return task


def test_a_task_has_no_result_until_its_function_returns():
    finish = threading.Event()
    task = BackgroundTask(lambda: finish.wait(THREAD_LIMIT_S) and 42)
    assert task.result() is None
    finish.set()
    assert join(task).result() == 42
    assert task.result() == 42


def test_an_exception_is_raised_by_the_result_every_time():
    def broken():
        raise OSError("no space left")

    task = join(BackgroundTask(broken))
    for _ in range(2):
        with pytest.raises(OSError, match="no space left"):
            task.result()


def test_a_task_runs_in_a_thread_that_does_not_keep_the_process_alive():
    task = join(BackgroundTask(threading.current_thread))
    thread = task.result()
    assert thread is not threading.current_thread()
    assert thread.daemon


def test_outcomes_have_the_status_of_the_job_service():
    assert (succeed(bytes="5").status, succeed(bytes="5").details) == ("SUCCEEDED", {"bytes": "5"})
    failed = fail("the download failed", version="1.2")
    assert failed.status == "FAILED"
    assert failed.details == {"reason": "the download failed", "version": "1.2"}
    assert reject("the download failed").status == "REJECTED"


@pytest.mark.parametrize("outcome", [fail, reject])
def test_a_reason_quotes_no_outside_text(outcome):
    reason = outcome("the server answers 403: Zaphod Beeblebrox").details["reason"]
    assert reason == "the server answers 403: ... ..."
