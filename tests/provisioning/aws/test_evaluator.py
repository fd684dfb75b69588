"""The evaluator of AWS IoT policies: what it allows, refuses, and does not support."""

import pytest

from provisioning.aws.evaluator import Attempt, PolicyError, is_allowed

ARN = "arn:aws:iot:eu-west-2:123456789012"


def statement(resource="*", *, action="iot:*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def allows(*statements, action="iot:Publish", resource=f"{ARN}:topic/x", **variables):
    return is_allowed([{"Statement": list(statements)}], Attempt(action, resource, variables))


@pytest.mark.parametrize(
    ("odd", "named"),
    [
        ({"NotAction": "iot:Publish"}, "NotAction"),
        ({"NotResource": "x", "Principal": "*"}, r"\['NotResource', 'Principal'\]"),
        ({"Condition": {"DateLessThan": {}}}, "DateLessThan is not supported; use Bool or"),
    ],
)
def test_the_evaluator_refuses_what_it_does_not_implement(odd, named):
    with pytest.raises(PolicyError, match=named):
        allows(statement(**odd))


def test_an_unsupported_element_of_another_action_is_refused_too():
    with pytest.raises(PolicyError, match="NotAction"):
        allows(statement(action="iot:Connect", NotAction="iot:Publish"))


def test_an_explicit_deny_wins_and_a_variable_is_no_wildcard():
    allow = {"Effect": "Allow", "Action": "iot:*", "Resource": f"{ARN}:topic/${{name}}"}
    deny = {"Effect": "Deny", "Action": "iot:Publish", "Resource": f"{ARN}:topic/secret"}
    attempt = Attempt("iot:Publish", f"{ARN}:topic/secret", {"name": "secret"})
    assert is_allowed([{"Statement": [allow]}], attempt)
    assert not is_allowed([{"Statement": [allow, deny]}], attempt)
    assert not is_allowed([{"Statement": [deny]}, {"Statement": [allow]}], attempt)
    starred = Attempt("iot:Publish", f"{ARN}:topic/other", {"name": "*"})
    assert not is_allowed([{"Statement": [allow]}], starred)


def test_without_a_statement_everything_is_refused():
    assert not is_allowed([], Attempt("iot:Publish", f"{ARN}:topic/x", {}))
    assert not allows()


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a/*", "a/b/c", True),
        ("a/*", "a/", True),
        ("a/*", "a", False),
        ("a/?", "a/b", True),
        ("a/?", "a/bc", False),
        ("a.b", "axb", False),
        ("a/b", "a/b\n", False),
        ("*", "a\nb", True),
        ("a/${name}/*", "a/cam-1/b", True),
        ("a/${name}", "a/cam-2", False),
        ("a/${missing}", "a/", False),
        ("${name}${name}", "cam-1cam-1", True),
    ],
)
def test_a_resource_matches_its_wildcards_and_variables(pattern, topic, expected):
    granted = statement(f"{ARN}:topic/{pattern}")
    assert allows(granted, resource=f"{ARN}:topic/{topic}", name="cam-1") is expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("iot:Publish", True),
        ("iot:Pub*", True),
        (["iot:Connect", "iot:Publish"], True),
        (["iot:Connect"], False),
        ("iot:PublishX", False),
        ([], False),
    ],
)
def test_an_action_matches_one_of_those_listed(action, expected):
    assert allows(statement(action=action)) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"StringEquals": {"place": "KX-01"}}, True),
        ({"StringEquals": {"place": ["LB-01", "KX-01"]}}, True),
        ({"StringEquals": {"place": "kx-01"}}, False),
        ({"StringEquals": {"absent": "KX-01"}}, False),
        ({"StringEquals": {"place": "KX-01"}, "Bool": {"attached": "true"}}, False),
        ({"Bool": {"attached": ["false"]}}, True),
    ],
)
def test_every_condition_must_hold(condition, expected):
    granted = statement(Condition=condition)
    assert allows(granted, place="KX-01", attached="false") is expected
