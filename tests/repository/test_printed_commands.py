"""Every command that a program prints or a page shows can be parsed: it has the flags that it
requires, and no flag that does not exist.
"""

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest

from cloud import settings
from cloud.cli.main import COMMANDS
from cloud.fleet.cli import commands as fleet
from edge_agent.commands.main import build_parser as edge_parser
from models.cli.arguments import parser as models_parser
from provisioning.commands import parser as provisioning_parser
from simulators.__main__ import load_command as simulator
from wire.command_line import Parser

ROOT = Path(__file__).parents[2]
PACKAGES = ("edge_agent", "cloud", "provisioning", "simulators", "models", "wire")
COMMAND = re.compile(r"python -m (edge_agent|cloud\.fleet|cloud|provisioning|simulators|models)\b")
MENTIONS = ("python -m provisioning broker",)  # in files that it writes: who wrote them
PAGES = sorted(page for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))


def strings(tree):
    """Texts of a module that are not docstrings; what is filled in reads `X`."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "X" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in docstrings | inside:
            yield str(node.value)


def find_printed():
    """Commands in texts of the programs: between backquotes, or to the end of the sentence."""
    for path in sorted(chain for package in PACKAGES for chain in (ROOT / package).rglob("*.py")):
        source = path.read_text()
        for text in strings(ast.parse(source)) if "python -m" in source else ():
            for found in COMMAND.finditer(text):
                quoted = found.start() and text[found.start() - 1] == "`"
                end = "`" if quoted else r"[`;,)\n]|$"
                words = re.split(end, re.split(r"\s>", text[found.start() :])[0])[0].strip()
                named = words.split()[3:]
                if named and not (named[-1] == "X" and len(named) < 3) and words not in MENTIONS:
                    yield f"{path.relative_to(ROOT)}: {words}"


def find_shown():
    """Commands in code blocks of the pages, comments and shell taken off."""
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M)
        lines = [line for block in blocks for line in block.splitlines()]
        lines += [line for line in text.splitlines() if line.startswith("    ")]
        for line in dict.fromkeys(lines):
            found = COMMAND.search(line)
            if found and not re.search(r"\.\.\.|…|\[|--help", line):
                words = re.split(r"\s#|\s&$|\s>|\s&&|\s\|", line[found.start() :])[0]
                yield f"{page.name}: {words.strip()}"


def parse(command):
    _, _, program, *words = shlex.split(command)
    if program == "cloud":
        name, *words = words
        module_name, _, _ = COMMANDS[name]
        parser = Parser(prog=name)
        importlib.import_module(module_name).add_arguments(parser)
        settings.share_options(parser)
        return parser.parse_args(words)
    if program == "cloud.fleet":
        parser = Parser(prog=program)
        fleet.add_arguments(parser)
        settings.share_options(parser)
        return parser.parse_args(words)
    if program == "simulators":
        return simulator(words)
    parsers = {
        "edge_agent": edge_parser,
        "provisioning": provisioning_parser,
        "models": models_parser,
    }
    return parsers[program]().parse_args(words)


def is_parsed(command):
    try:
        return parse(command) is not None
    except SystemExit:
        return False


@pytest.mark.parametrize("found", sorted({*find_printed(), *find_shown()}))
def test_a_printed_command_can_be_parsed(found, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in re.findall(r"@([\w.]+)", found):
        Path(file).write_text("rtsp://camera.example/live")
    assert is_parsed(found.partition(": ")[2]), capsys.readouterr().err


def test_commands_are_found():
    assert len(set(find_printed())) >= 10
    assert len(set(find_shown())) >= 30
