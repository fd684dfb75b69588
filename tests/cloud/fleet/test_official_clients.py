"""AWS's device clients, on our broker and service, over MQTT 3.1.1 and 5 with certificates.

What is expected here is what the developer guide of AWS IoT describes.
"""

import contextlib
import queue
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from awscrt import mqtt_request_response
from awsiot import (
    ServiceStreamOptions,
    V2ServiceException,
    iotjobs,
    iotshadow,
    mqtt5_client_builder,
    mqtt_connection_builder,
)

from cloud.database import writing
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import RolloutConfig
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.outbox import enqueue

pytestmark = pytest.mark.broker
PATIENCE_S = 10.0
OPTIONS = mqtt_request_response.ClientOptions(
    max_request_response_subscriptions=6,
    max_streaming_subscriptions=6,
    operation_timeout_in_seconds=10,
)


def protocol_3(hardened_fleet, device):
    certificate, key = hardened_fleet.files_of(device)
    connection = mqtt_connection_builder.mtls_from_path(
        endpoint="localhost",
        port=hardened_fleet.port,
        cert_filepath=certificate,
        pri_key_filepath=key,
        ca_filepath=str(hardened_fleet.trust),
        client_id=device,
        clean_session=True,
    )
    connection.connect().result(PATIENCE_S)
    return connection, lambda: connection.disconnect().result(PATIENCE_S)


def protocol_5(hardened_fleet, device):
    certificate, key = hardened_fleet.files_of(device)
    connected, stopped = threading.Event(), threading.Event()
    client = mqtt5_client_builder.mtls_from_path(
        endpoint="localhost",
        port=hardened_fleet.port,
        cert_filepath=certificate,
        pri_key_filepath=key,
        ca_filepath=str(hardened_fleet.trust),
        client_id=device,
        on_lifecycle_connection_success=lambda _data: connected.set(),
        on_lifecycle_stopped=lambda _data: stopped.set(),
    )
    client.start()
    assert connected.wait(PATIENCE_S)

    def stop():
        client.stop()
        assert stopped.wait(PATIENCE_S)

    return client, stop


@pytest.fixture(params=[protocol_3, protocol_5], ids=["mqtt311", "mqtt5"], scope="module")
def connection(request, hardened_fleet):
    device = {"protocol_3": "cam-1", "protocol_5": "cam-2"}[request.param.__name__]
    made, end = request.param(hardened_fleet, device)
    yield device, made
    end()


@pytest.fixture
def shadow(connection):
    device, made = connection
    client = iotshadow.IotShadowClientV2(made, OPTIONS)
    request = iotshadow.DeleteShadowRequest(thing_name=device)
    with contextlib.suppress(V2ServiceException):
        client.delete_shadow(request).result(PATIENCE_S)
    return device, client


@pytest.fixture
def jobs(connection, hardened_fleet):
    device, made = connection
    yield device, iotjobs.IotJobsClientV2(made, OPTIONS)
    with writing(hardened_fleet.engine) as database:
        job_store.delete_executions(database, device)


@contextmanager
def listening(create, request):
    received = queue.Queue()
    subscribed = threading.Event()
    options = ServiceStreamOptions(
        incoming_event_listener=received.put,
        subscription_status_listener=lambda _event: subscribed.set(),
    )
    stream = create(request, options)
    stream.open()
    assert subscribed.wait(PATIENCE_S)
    yield received


def refusal(future):
    with pytest.raises(V2ServiceException) as refused:
        future.result(PATIENCE_S)
    return refused.value.modeled_error


def updated(client, device, *, version=None, **sections):
    state = iotshadow.ShadowState(
        **sections,
        **{f"{name}_is_nullable": True for name, value in sections.items() if value is None},
    )
    request = iotshadow.UpdateShadowRequest(thing_name=device, state=state, version=version)
    return client.update_shadow(request)


def current(client, device):
    return client.get_shadow(iotshadow.GetShadowRequest(thing_name=device)).result(PATIENCE_S)


def test_a_shadow_that_is_not_there_is_a_404(shadow):
    device, client = shadow
    error = refusal(client.get_shadow(iotshadow.GetShadowRequest(thing_name=device)))
    assert (error.code, error.message) == (404, f"No shadow exists with name: '{device}'")


def test_desired_and_reported_meet(shadow):
    device, client = shadow
    first = updated(client, device, desired={"paused": True, "deep": {"a": 1, "b": [1, 2]}})
    answer = first.result(PATIENCE_S)
    assert answer.state.desired == {"paused": True, "deep": {"a": 1, "b": [1, 2]}}
    updated(client, device, reported={"paused": True, "deep": {"a": 0}}).result(PATIENCE_S)
    shown = current(client, device)
    assert shown.version == answer.version + 1
    assert shown.state.delta == {"deep": {"a": 1, "b": [1, 2]}}
    assert set(shown.metadata.desired["paused"]) == {"timestamp"}


def test_a_delta_and_the_documents_are_received_as_they_are_published(shadow):
    device, client = shadow
    about = iotshadow.ShadowDeltaUpdatedSubscriptionRequest(thing_name=device)
    papers = iotshadow.ShadowUpdatedSubscriptionRequest(thing_name=device)
    with (
        listening(client.create_shadow_delta_updated_stream, about) as deltas,
        listening(client.create_shadow_updated_stream, papers) as documents,
    ):
        updated(client, device, desired={"a": 1, "b": 2}, reported={"b": 2}).result(PATIENCE_S)
        assert deltas.get(timeout=PATIENCE_S).state == {"a": 1}
        document = documents.get(timeout=PATIENCE_S)
        assert document.current.state.desired == {"a": 1, "b": 2}
        assert document.current.state.reported == {"b": 2}


def test_a_stale_version_is_a_409_and_changes_nothing(shadow):
    device, client = shadow
    version = updated(client, device, desired={"a": 1}).result(PATIENCE_S).version
    assert refusal(updated(client, device, desired={"a": 2}, version=version + 5)).code == 409
    assert current(client, device).state.desired == {"a": 1}
    fresh = updated(client, device, desired={"a": 3}, version=version).result(PATIENCE_S)
    assert fresh.version == version + 1


def test_null_deletes_over_the_wire(shadow):
    device, client = shadow
    updated(client, device, desired={"a": 1, "b": 2}).result(PATIENCE_S)
    updated(client, device, desired={"a": None}).result(PATIENCE_S)
    assert current(client, device).state.desired == {"b": 2}


@pytest.mark.parametrize(
    ("desired", "code"),
    [
        ({"a": "x" * 9_000}, 413),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}, 400),
        ({"a": [1, None]}, 400),
    ],
)
def test_what_is_too_large_too_deep_or_holey_is_refused(shadow, desired, code):
    device, client = shadow
    assert refusal(updated(client, device, desired=desired)).code == code


def test_versions_go_on_after_a_deletion(shadow):
    device, client = shadow
    version = updated(client, device, desired={"a": 1}).result(PATIENCE_S).version
    gone = client.delete_shadow(iotshadow.DeleteShadowRequest(thing_name=device))
    assert gone.result(PATIENCE_S).version == version
    again = updated(client, device, desired={"a": 1}).result(PATIENCE_S)
    assert again.version == version + 1


def test_a_named_shadow_stands_beside_the_classic_one(shadow):
    device, client = shadow
    state = iotshadow.ShadowState(desired={"report_interval_ms": 20_000})
    named = {"thing_name": device, "shadow_name": "config"}
    client.update_named_shadow(iotshadow.UpdateNamedShadowRequest(**named, state=state)).result(
        PATIENCE_S
    )
    shown = client.get_named_shadow(iotshadow.GetNamedShadowRequest(**named)).result(PATIENCE_S)
    assert shown.state.desired == {"report_interval_ms": 20_000}
    refusal(client.get_shadow(iotshadow.GetShadowRequest(thing_name=device)))
    client.delete_named_shadow(iotshadow.DeleteNamedShadowRequest(**named)).result(PATIENCE_S)
    error = refusal(client.get_named_shadow(iotshadow.GetNamedShadowRequest(**named)))
    assert error.message == f"No shadow exists with name: '{device}~config'"


@pytest.fixture
def opened(hardened_fleet, connection):
    """Make a job for the device as an operator's command does: the service tells of it."""
    device, _ = connection

    def make(name, *, minutes_each=None, **document):
        with writing(hardened_fleet.engine) as database:
            job = Job(
                f"{device}-{name}", document, (device,), RolloutConfig(minutes_each=minutes_each)
            )
            enqueue(database, job_store.create_job(database, job, at=hardened_fleet.now()))
        return f"{device}-{name}"

    return make


def test_a_thing_hears_of_a_job_takes_it_and_finishes_it(jobs, opened):
    device, client = jobs
    lists = iotjobs.JobExecutionsChangedSubscriptionRequest(thing_name=device)
    following = iotjobs.NextJobExecutionChangedSubscriptionRequest(thing_name=device)
    with (
        listening(client.create_job_executions_changed_stream, lists) as changes,
        listening(client.create_next_job_execution_changed_stream, following) as nexts,
    ):
        job = opened("model", operation="model", version="d-2")
        assert [one.job_id for one in changes.get(timeout=PATIENCE_S).jobs["QUEUED"]] == [job]
        execution = nexts.get(timeout=PATIENCE_S).execution
        assert (execution.job_id, execution.status) == (job, "QUEUED")
        assert execution.job_document == {"operation": "model", "version": "d-2"}
        begin = iotjobs.StartNextPendingJobExecutionRequest(
            thing_name=device, status_details={"step": "download"}
        )
        begun = client.start_next_pending_job_execution(begin).result(PATIENCE_S).execution
        assert (begun.status, begun.version_number) == ("IN_PROGRESS", 2)
        assert begun.status_details == {"step": "download"}
        done = iotjobs.UpdateJobExecutionRequest(
            thing_name=device,
            job_id=job,
            status="SUCCEEDED",
            expected_version=2,
            include_job_execution_state=True,
        )
        state = client.update_job_execution(done).result(PATIENCE_S).execution_state
        assert (state.status, state.version_number) == ("SUCCEEDED", 3)
        assert changes.get(timeout=PATIENCE_S).jobs == {}
        assert nexts.get(timeout=PATIENCE_S).execution is None


def test_what_is_pending_is_listed_and_described(jobs, opened):
    device, client = jobs
    first, second = opened("one", n=1), opened("two", n=2)
    client.start_next_pending_job_execution(
        iotjobs.StartNextPendingJobExecutionRequest(thing_name=device)
    ).result(PATIENCE_S)
    listed = client.get_pending_job_executions(
        iotjobs.GetPendingJobExecutionsRequest(thing_name=device)
    ).result(PATIENCE_S)
    assert [one.job_id for one in listed.in_progress_jobs] == [first]
    assert [one.job_id for one in listed.queued_jobs] == [second]
    for job, expected in (("$next", first), (second, second)):
        shown = client.describe_job_execution(
            iotjobs.DescribeJobExecutionRequest(thing_name=device, job_id=job)
        ).result(PATIENCE_S)
        assert shown.execution.job_id == expected
        assert shown.execution.thing_name == device
    bare = iotjobs.DescribeJobExecutionRequest(
        thing_name=device, job_id=second, include_job_document=False
    )
    assert client.describe_job_execution(bare).result(PATIENCE_S).execution.job_document is None


def test_a_thing_without_work_is_given_none(jobs):
    device, client = jobs
    begin = iotjobs.StartNextPendingJobExecutionRequest(thing_name=device)
    assert client.start_next_pending_job_execution(begin).result(PATIENCE_S).execution is None
    missing = iotjobs.DescribeJobExecutionRequest(thing_name=device, job_id="none")
    assert refusal(client.describe_job_execution(missing)).code == "ResourceNotFound"


def test_two_that_update_at_once_and_work_that_is_over(jobs, opened):
    device, client = jobs
    job = opened("race")

    def says(status, version=None):
        request = iotjobs.UpdateJobExecutionRequest(
            thing_name=device, job_id=job, status=status, expected_version=version
        )
        return client.update_job_execution(request)

    says("IN_PROGRESS", 1).result(PATIENCE_S)
    error = refusal(says("FAILED", 1))
    assert (error.code, error.execution_state.status) == ("VersionMismatch", "IN_PROGRESS")
    says("FAILED", 2).result(PATIENCE_S)
    error = refusal(says("SUCCEEDED"))
    assert (error.code, error.execution_state.status) == ("InvalidStateTransition", "FAILED")


def test_a_step_that_takes_too_long_times_out(jobs, opened, hardened_fleet):
    device, client = jobs
    job = opened("slow", minutes_each=5)
    begin = iotjobs.StartNextPendingJobExecutionRequest(thing_name=device)
    begun = client.start_next_pending_job_execution(begin).result(PATIENCE_S).execution
    assert begun.job_id == job
    with writing(hardened_fleet.engine) as database:
        job_store.advance_time(database, at=hardened_fleet.now() + timedelta(minutes=6))
    listed = client.get_pending_job_executions(
        iotjobs.GetPendingJobExecutionsRequest(thing_name=device)
    ).result(PATIENCE_S)
    assert listed.in_progress_jobs == []
