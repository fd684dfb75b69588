"""`python -m provisioning aws ...`: the template, what a deployment would change, what it costs."""

import argparse
from collections.abc import Iterable, Iterator
from datetime import datetime

from provisioning import arguments
from provisioning.aws import cost, template
from provisioning.aws.stack import Stack, StackError
from wire.aws import explain_aws_errors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `aws`."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("template", help="print the template").set_defaults(run=print_template)
    for name, purpose, run in (
        ("plan", "what a deployment would change", plan),
        ("deploy", "make AWS as the template says", deploy),
        ("destroy", "delete the stack; measurements stay", destroy),
    ):
        action = actions.add_parser(name, help=purpose, description=purpose)
        action.add_argument("--stack", type=arguments.stack, default="onlooker")
        action.add_argument("--region", type=arguments.region, required=True)
        action.set_defaults(run=run)
        if name == "destroy":
            action.add_argument("--yes", metavar="STACK", help="the stack's name once more")
        else:
            action.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    costs = actions.add_parser("cost", help="what a month costs, with the arithmetic")
    cameras = arguments.whole_number(1, 10_000_000, "cameras")
    costs.add_argument("--cameras", type=cameras, nargs="+", default=[100, 10_000])
    reports = arguments.whole_number(1, 1_000, "reports")
    costs.add_argument("--reports-per-message", type=reports, default=1)
    costs.add_argument("--basic-ingest", action="store_true")
    costs.set_defaults(run=estimate_cost)


def print_template(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """The template as CloudFormation takes it."""
    yield template.text()


def plan(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """What would change."""
    yield from _explaining_errors(
        Stack(asked.stack, asked.region).plan(_parameters(asked.parameters))
    )


def deploy(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Change it."""
    yield from _explaining_errors(
        Stack(asked.stack, asked.region).deploy(_parameters(asked.parameters))
    )


def destroy(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Delete it, when the name is said twice."""
    if asked.yes != asked.stack:
        raise StackError(f"to delete {asked.stack}, say --yes {asked.stack}")
    yield from _explaining_errors(Stack(asked.stack, asked.region).destroy())


def _explaining_errors(words: Iterable[str]) -> Iterator[str]:
    """What is done, or AWS's own reason why it is not: no credentials, no network, no right."""
    with explain_aws_errors():
        yield from words


def estimate_cost(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """The month's estimate for each number of cameras."""
    habits = cost.UsageProfile(
        reports_per_message=asked.reports_per_message, basic_ingest=asked.basic_ingest
    )
    for cameras in asked.cameras:
        lines = cost.estimate(cameras, habits, cost.Prices())
        yield f"{cameras:,} cameras, a month of {cost.DAYS} days, US dollars (prices not verified)"
        yield from (f"  {line.usd:>10,.2f}  {line.what}: {line.how}" for line in lines)
        total = sum(line.usd for line in lines)
        yield f"  {total:>10,.2f}  in all, {total / cameras:.2f} a camera"


def _parameters(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise StackError(f"{', '.join(wrong)}: write NAME=VALUE")
    known = template.template()["Parameters"]
    if unknown := [name for name, _, _ in pairs if name not in known]:
        raise StackError(f"{', '.join(unknown)}: wanted one of {', '.join(known)}")
    return {name: value for name, _, value in pairs}
