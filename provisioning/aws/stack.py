"""Plans, deploys and deletes a stack with CloudFormation change sets.

Buckets, keys, allow-list and queue of lost messages are retained when a stack is deleted: no
command deletes measurements.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from provisioning.aws.templates import Template, to_text
from wire.aws import create_client

CAPABILITIES: Final = ["CAPABILITY_NAMED_IAM"]
TAG: Final = "onlooker-stack"
"""On every resource, with the name of the stack: budgets select costs by it."""
NO_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")


class StackError(RuntimeError):
    """AWS refuses an operation, or an argument is missing or invalid."""


class Stack:
    """One stack in one region, and its template."""

    def __init__(self, name: str, region: str, template: Template) -> None:
        self.name = name
        self._template = template
        self._client: Any = create_client("cloudformation", region=region)

    def plan(self, parameters: Mapping[str, str]) -> Iterator[str]:
        """Yield what a deployment would change, one line for each resource; change nothing."""
        change_set = self._change_set(parameters)
        if change_set is None:
            yield "nothing would change"
            return
        try:
            for change in change_set["Changes"]:
                one = change["ResourceChange"]
                note = " (is replaced)" if one.get("Replacement") == "True" else ""
                yield f"{one['Action']:<7} {one['LogicalResourceId']}  {one['ResourceType']}{note}"
        finally:  # a change set that remains makes the next plan fail
            self._discard(change_set)

    def deploy(self, parameters: Mapping[str, str]) -> Iterator[str]:
        """Create or update the stack, and wait until that is complete; then yield its outputs."""
        is_new = not self._exists()
        change_set = self._change_set(parameters)
        if change_set is None:
            yield "nothing to change"
            return
        self._client.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
        waiter = "stack_create_complete" if is_new else "stack_update_complete"
        self._wait(waiter)
        yield f"{self.name} matches the template"
        yield from self.outputs()

    def destroy(self) -> Iterator[str]:
        """Delete the stack, and yield a line with the resources that are retained."""
        retained = [
            name
            for name, resource in self._template["Resources"].items()
            if resource.get("DeletionPolicy") == "Retain"
        ]
        self._client.delete_stack(StackName=self.name)
        self._wait("stack_delete_complete")
        names = ", ".join(sorted(retained)) or "nothing"
        yield f"{self.name} is deleted; retained: {names}"

    def outputs(self) -> Iterator[str]:
        """Yield the outputs of the stack."""
        [stack] = self._client.describe_stacks(StackName=self.name)["Stacks"]
        for output in stack.get("Outputs", []):
            yield f"{output['OutputKey']}: {output['OutputValue']}"

    def _change_set(self, parameters: Mapping[str, str]) -> dict[str, Any] | None:
        created = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"{self.name}-plan",
            ChangeSetType="UPDATE" if self._exists() else "CREATE",
            TemplateBody=to_text(self._template),
            Capabilities=CAPABILITIES,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Tags=[{"Key": TAG, "Value": self.name}],
        )
        described = self._wait_for_change_set(created["Id"])
        if described["Status"] != "CREATE_COMPLETE":
            self._discard(described)
            reason = described.get("StatusReason") or f"its status is {described['Status']}"
            if any(phrase in reason for phrase in NO_CHANGES):
                return None
            raise StackError(f"AWS refuses the change: {reason}")
        return described

    def _wait_for_change_set(self, change_set: str) -> dict[str, Any]:
        from botocore.exceptions import WaiterError

        try:
            self._client.get_waiter("change_set_create_complete").wait(
                ChangeSetName=change_set, WaiterConfig={"Delay": 2, "MaxAttempts": 150}
            )
        except WaiterError as error:
            last: dict[str, Any] = error.last_response
            return {"ChangeSetId": change_set, **last}
        described: dict[str, Any] = self._client.describe_change_set(ChangeSetName=change_set)
        return described

    def _discard(self, change_set: Mapping[str, Any]) -> None:
        self._client.delete_change_set(ChangeSetName=change_set["ChangeSetId"])

    def _exists(self) -> bool:
        from botocore.exceptions import ClientError

        try:
            [stack] = self._client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise StackError(f"AWS answers: {error}") from error
        return bool(stack["StackStatus"] != "REVIEW_IN_PROGRESS")

    def _wait(self, state: str) -> None:
        from botocore.exceptions import WaiterError

        try:
            self._client.get_waiter(state).wait(StackName=self.name)
        except WaiterError as error:
            raise StackError(
                f"{self.name} did not reach {state}: {error}; see its events in CloudFormation"
            ) from error
