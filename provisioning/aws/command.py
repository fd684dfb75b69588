"""`python -m provisioning aws ...`: print, plan, deploy or delete a stack; estimate its cost."""

import argparse
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from provisioning import arguments
from provisioning.aws import cost
from provisioning.aws.lake import cost as lake_cost
from provisioning.aws.lake.upload import UploadError, upload
from provisioning.aws.stack import Stack, StackError
from provisioning.aws.templates import STACKS, TEMPLATES, Template, to_text
from wire.aws import explain_aws_errors
from wire.command_line import sentence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `aws`."""
    actions = parser.add_subparsers(dest="action", required=True)
    _add_template(
        _action(actions, "template", "print a CloudFormation template (JSON)", print_template)
    )
    for name, what, run in (
        ("plan", "print what a deployment would change, and change nothing", plan),
        ("deploy", "create or update a stack, and wait until that is complete", deploy),
    ):
        _add_stack(action := _action(actions, name, what, run))
        action.add_argument(
            "parameters",
            nargs="*",
            metavar="NAME=VALUE",
            help="parameters of the template; those left out have the template's default",
        )
    _add_upload_arguments(
        _action(actions, "upload", "upload what the programs of the lake read", upload_files)
    )
    what = "delete a stack; buckets, keys, tables and queues with measurements are retained"
    _add_stack(destruction := _action(actions, "destroy", what, destroy))
    destruction.add_argument("--yes", metavar="STACK", help="the stack's name, as confirmation")
    _add_cost_arguments(
        _action(actions, "cost", "estimate the cost of a month, with the arithmetic", estimate_cost)
    )


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    what: str,
    run: object,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=what, description=sentence(what))
    parser.set_defaults(run=run)
    return parser


def _add_template(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--template",
        choices=TEMPLATES,
        default="cloud",
        help="which part (default: %(default)s)",
    )


def _add_stack(parser: argparse.ArgumentParser) -> None:
    _add_template(parser)
    parser.add_argument(
        "--stack",
        type=arguments.stack,
        metavar="NAME",
        help="name of the stack (default: onlooker, followed by the template: onlooker-lake)",
    )
    parser.add_argument(
        "--region", type=arguments.region, required=True, help="AWS region, such as eu-west-2"
    )


def _add_upload_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--region", type=arguments.region, required=True, help="AWS region, such as eu-west-2"
    )
    parser.add_argument(
        "--stage", default="production", help="parameter Stage of the stack (default: %(default)s)"
    )
    parser.add_argument("--sites", type=Path, metavar="FILE", help="the sites file")
    parser.add_argument(
        "--environment",
        type=Path,
        metavar="FILE",
        help="the Python environment of the job on Spark, a .tar.gz; its entry point goes with it",
    )


def _add_cost_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--template",
        choices=("cloud", "lake"),
        default="cloud",
        help="which part (default: %(default)s)",
    )
    parser.add_argument(
        "--cameras",
        type=arguments.whole_number(1, 10_000_000, "a number of cameras"),
        metavar="N",
        nargs="+",
        default=[100, 10_000],
        help="numbers of cameras, one estimate for each (default: 100 10000)",
    )
    parser.add_argument(
        "--reports-per-message",
        type=arguments.whole_number(1, 1_000, "a number of reports"),
        metavar="N",
        default=1,
        help="reports that a camera sends in one message (default: %(default)s)",
    )
    parser.add_argument(
        "--basic-ingest",
        action="store_true",
        help="publish to the rules directly (Basic Ingest), which AWS does not charge as messages",
    )
    _add_spark_argument(parser)


def _add_spark_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--spark-minutes",
        type=arguments.whole_number(0, 720, "a number of minutes"),
        metavar="N",
        default=0,
        help="duration of a job on Spark, with --template lake (default: none)",
    )


def print_template(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Print the template as CloudFormation takes it."""
    yield to_text(_template(options))


def plan(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Print what a deployment would change."""
    yield from _explaining_errors(_stack(options).plan(_parameters(options)))


def deploy(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Create or update the stack."""
    yield from _explaining_errors(_stack(options).deploy(_parameters(options)))


def upload_files(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Upload the given files to the bucket of the configuration."""
    if options.sites is None and options.environment is None:
        raise UploadError("nothing to upload: give --sites or --environment")
    yield from upload(options.stage, options.region, options.sites, options.environment)


def destroy(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Delete the stack if its name is confirmed."""
    stack = _stack(options)
    if options.yes != stack.name:
        raise StackError(f"to delete {stack.name}, add --yes {stack.name}")
    yield from _explaining_errors(stack.destroy())


def _template(options: argparse.Namespace) -> Template:
    return TEMPLATES[options.template]()


def _stack(options: argparse.Namespace) -> Stack:
    name = options.stack or STACKS[options.template]
    return Stack(name, options.region, _template(options))


def _explaining_errors(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines; an error of AWS is raised as one sentence with its cause."""
    with explain_aws_errors():
        yield from lines


def estimate_cost(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Print the estimate of a month for each number of cameras."""
    for cameras in options.cameras:
        lines = _estimate(cameras, options)
        yield f"{cameras:,} cameras, a month of {cost.DAYS} days, US dollars (prices not verified)"
        yield from (f"  {line.usd:>10,.2f}  {line.what}: {line.how}" for line in lines)
        total = sum(line.usd for line in lines)
        yield f"  {total:>10,.2f}  total, {total / cameras:.2f} a camera"


def _estimate(cameras: int, options: argparse.Namespace) -> list[cost.CostLine]:
    if options.template == "lake":
        lake_usage = lake_cost.LakeUsage(spark_minutes=options.spark_minutes)
        return lake_cost.estimate(cameras, lake_usage, lake_cost.LakePrices())
    usage = cost.UsageProfile(
        reports_per_message=options.reports_per_message, basic_ingest=options.basic_ingest
    )
    return cost.estimate(cameras, usage, cost.Prices())


def _parameters(options: argparse.Namespace) -> dict[str, str]:
    pairs = [word.partition("=") for word in options.parameters]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise StackError(f"{', '.join(wrong)}: write NAME=VALUE")
    known = _template(options)["Parameters"]
    if unknown := [name for name, _, _ in pairs if name not in known]:
        raise StackError(f"{', '.join(unknown)}: no such parameter; give one of {', '.join(known)}")
    return {name: value for name, _, value in pairs}
