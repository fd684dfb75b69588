"""The command line of `python -m models`: its commands, defaults and refusals."""

import argparse
from pathlib import Path

import pytest

from models.cli.actions import ACTIONS
from models.cli.arguments import EXAMPLES, parser
from models.cli.folders import DATA, RUNS
from models.train.recipes import RECIPES


def parse(line):
    return parser().parse_args(line.split())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_accepted_and_is_of_its_own_command(name):
    options = parse(EXAMPLES[name])
    command, _, subject = name.partition(" ")
    assert options.command == command
    assert subject in ("", getattr(options, "subject", None) or getattr(options, "kind", None))


def test_every_command_has_an_example():
    assert {name.partition(" ")[0] for name in EXAMPLES} == set(ACTIONS)


def test_every_option_is_explained():
    def arguments(command):
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, inner in action.choices.items():
                    yield from ((f"{name} {one}", text) for one, text in arguments(inner))
            else:
                yield action.dest, action.help

    assert [name for name, text in arguments(parser()) if not text] == []


@pytest.mark.parametrize("kind", RECIPES)
def test_every_recipe_can_be_trained_and_exported(kind):
    train, export = parse(f"train {kind}"), parse(f"export {kind}")
    assert (train.kind, train.data, train.runs, train.steps) == (kind, DATA, RUNS, None)
    assert (export.kind, export.version, export.to) == (kind, "1.0.0", None)


def test_options_given_twice_are_collected():
    options = parse(
        "evaluate detection --boxes b.csv --images i --detector a --detector b "
        "--input-px 64 --input-px 4096"
    )
    assert options.detector == ["a", "b"]
    assert options.input_px == [64, 4096]


def test_fetch_takes_a_local_copy():
    options = parse("fetch yunet --from copy.onnx --to there")
    assert (options.name, options.source, options.to) == (
        "yunet", Path("copy.onnx"), Path("there"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "COMMAND"),
        ("teach detection", "'teach' is not a choice: give train, export"),
        ("train faces", "'faces' is not a choice: give detection, attention"),
        ("train detection --steps 0", "found 0, expected at least 1"),
        ("train detection --steps -5", "found -5, expected at least 1"),
        ("train detection --steps many", "--steps"),
        ("evaluate dwell --video a.mp4", "--truth"),
        ("evaluate", "SUBJECT"),
        ("calibrate", "KIND"),
        ("fetch", "name"),
        ("record", "FIGURES.json"),
    ],
)
def test_an_incomplete_or_invalid_command_is_refused(capsys, line, words):
    with pytest.raises(SystemExit) as refused:
        parse(line)
    assert refused.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("size", ["-5", "0", "63", "4097", "9999", "many"])
def test_an_invalid_input_size_is_refused(size, capsys):
    with pytest.raises(SystemExit):
        parse(f"evaluate detection --boxes b --images . --input-px {size}")
    assert "--input-px" in capsys.readouterr().err
