"""The stack's commands against a CloudFormation that answers from a script, without network."""

import pytest

from provisioning.aws import stack, template
from provisioning.aws.stack import Stack, StackError

botocore = pytest.importorskip("botocore.exceptions")
ADDED = {"Action": "Add", "LogicalResourceId": "Reports", "ResourceType": "AWS::Kinesis::Stream"}
REPLACED = {
    "Action": "Modify",
    "LogicalResourceId": "Key",
    "ResourceType": "AWS::KMS::Key",
    "Replacement": "True",
}
MISSING = botocore.ClientError(
    {"Error": {"Code": "ValidationError", "Message": "Stack with id x does not exist"}}, "Describe"
)
DENIED = botocore.ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "not permitted"}}, "Describe"
)


class CloudFormation:
    """Records the calls; its answers are the change set and the state of the stack."""

    def __init__(self, *, state="CREATE_COMPLETE", change_set=None, stalls=False):
        self.state, self.stalls = state, stalls
        self.change_set = change_set or {
            "Status": "CREATE_COMPLETE",
            "Changes": [{"ResourceChange": ADDED}, {"ResourceChange": REPLACED}],
        }
        self.calls = []

    def describe_stacks(self, **names):
        if isinstance(self.state, Exception):
            raise self.state
        outputs = [{"OutputKey": "Api", "OutputValue": "api.example.org"}]
        return {"Stacks": [{"StackStatus": self.state, "Outputs": outputs}]}

    def create_change_set(self, **given):
        self.calls.append(("create", given["ChangeSetType"], given["Parameters"]))
        return {"Id": "cs-1"}

    def describe_change_set(self, **names):
        return {"ChangeSetId": names["ChangeSetName"], **self.change_set}

    def delete_change_set(self, **names):
        self.calls.append(("discard", names["ChangeSetName"]))

    def execute_change_set(self, **names):
        self.calls.append(("execute", names["ChangeSetName"]))

    def delete_stack(self, **names):
        self.calls.append(("delete", names["StackName"]))

    def get_waiter(self, state):
        self.waits_for = state
        return self

    def wait(self, **_):
        is_change_set = self.waits_for == "change_set_create_complete"
        if self.stalls or (is_change_set and self.change_set["Status"] != "CREATE_COMPLETE"):
            raise botocore.WaiterError(self.waits_for, "not reached", self.change_set)
        if self.waits_for != "change_set_create_complete":
            self.calls.append(("wait", self.waits_for))


@pytest.fixture
def cloudformation(monkeypatch):
    """Install a CloudFormation with the given answers."""

    def install(**answers):
        client = CloudFormation(**answers)
        monkeypatch.setattr(stack, "create_client", lambda *_, **__: client)
        return client

    return install


def new_stack():
    return Stack("onlooker", "eu-west-2", template.template())


def test_a_plan_lists_the_changes_and_leaves_no_change_set(cloudformation):
    client = cloudformation()
    assert list(new_stack().plan({"Stage": "test"})) == [
        "Add     Reports  AWS::Kinesis::Stream",
        "Modify  Key  AWS::KMS::Key (is replaced)",
    ]
    parameters = [{"ParameterKey": "Stage", "ParameterValue": "test"}]
    assert client.calls == [("create", "UPDATE", parameters), ("discard", "cs-1")]


def test_a_plan_whose_output_is_closed_early_leaves_no_change_set(cloudformation):
    client = cloudformation()
    lines = new_stack().plan({})
    next(lines)
    lines.close()
    assert client.calls[-1] == ("discard", "cs-1")


@pytest.mark.parametrize("state", [MISSING, "REVIEW_IN_PROGRESS"])
def test_a_stack_that_does_not_exist_yet_is_created(cloudformation, state):
    client = cloudformation(state=state)
    list(new_stack().plan({}))
    assert client.calls[0][:2] == ("create", "CREATE")


def test_a_deployment_waits_and_then_shows_the_outputs(cloudformation):
    client = cloudformation()
    lines = list(new_stack().deploy({}))
    assert lines == ["onlooker matches the template", "Api: api.example.org"]
    assert client.calls[1:] == [("execute", "cs-1"), ("wait", "stack_update_complete")]


@pytest.mark.parametrize("reason", stack.NO_CHANGES)
def test_a_template_without_changes_executes_nothing(cloudformation, reason):
    unchanged = {"Status": "FAILED", "StatusReason": f"The submitted information {reason}."}
    client = cloudformation(change_set=unchanged)
    assert list(new_stack().plan({})) == ["nothing would change"]
    assert list(new_stack().deploy({})) == ["nothing to change"]
    assert [call[0] for call in client.calls] == ["create", "discard"] * 2


@pytest.mark.parametrize(
    ("change_set", "reason"),
    [
        ({"Status": "FAILED", "StatusReason": "Parameter Vpc is missing"}, "Vpc is missing"),
        ({"Status": "CREATE_IN_PROGRESS"}, "its status is CREATE_IN_PROGRESS"),
    ],
)
def test_a_refused_change_set_is_discarded_and_explained(cloudformation, change_set, reason):
    client = cloudformation(change_set=change_set)
    with pytest.raises(StackError, match=f"AWS refuses the change: .*{reason}"):
        list(new_stack().deploy({}))
    assert [call[0] for call in client.calls] == ["create", "discard"]


def test_an_error_of_aws_changes_nothing(cloudformation):
    client = cloudformation(state=DENIED)
    with pytest.raises(StackError, match=r"AWS answers: .*not permitted"):
        list(new_stack().deploy({}))
    assert client.calls == []


def test_a_deleted_stack_names_what_is_retained(cloudformation):
    client = cloudformation()
    [line] = new_stack().destroy()
    assert client.calls == [("delete", "onlooker"), ("wait", "stack_delete_complete")]
    start, _, names = line.partition("; retained: ")
    assert start == "onlooker is deleted"
    retained = names.split(", ")
    assert retained == sorted(retained)
    assert {"Key", "AuditBucket", "LostMessages", "AllowList"} <= set(retained)


def test_a_stack_that_does_not_reach_its_state_is_reported(cloudformation):
    cloudformation(stalls=True)
    with pytest.raises(StackError, match=r"did not reach stack_delete_complete: .*see its events"):
        list(new_stack().destroy())
