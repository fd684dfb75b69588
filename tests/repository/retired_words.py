"""Where words appear that the glossary has retired: `python tests/repository/retired_words.py`.

Names are checked where they are defined: modules, classes, functions, parameters, fields. Texts are
what users read: string literals that are no docstrings, and the pages under `docs`.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("wire", "edge_agent", "cloud", "models", "provisioning", "simulators", "tests")
WORDS: Final = (
    "house", "room", "desk", "doorman", "courier", "wish", "verdict", "owed", "told", "witness",
    "veil", "steward", "undertaking", "nursery", "knock", "outlook", "heard", "obituary", "estate",
)  # fmt: skip
"""Each also in the plural. A bare `letter` and a bare `mosaic` are checked by PHRASES."""

PARTICIPLES: Final = ("told", "owed", "seen", "heard", "kept", "made", "said", "begun", "known")
"""No function has one of these as its name: a function is a verb."""

ALLOWED: Final = {
    # names in files of installed agents
    "edge_agent/management/config_store.py": ("verdict",),
    "edge_agent/identity/folder.py": ("desk",),
}
PHRASES_ALLOWED: Final = re.compile(
    r"\b(head|class)?rooms?\b(?= for\b)|white house|\bestate\.yaml\b", re.I
)
_NAME_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TEXT: Final = re.compile(rf"\b(?:{'|'.join(WORDS)})(?:e?s)?\b", re.I)
_ANYWHERE: Final = re.compile(rf"{'|'.join(WORDS)}|def _*(?:{'|'.join(PARTICIPLES)})\b", re.I)
"""In the source of every file with a finding; the others need no parser."""


class Finding(NamedTuple):
    path: str
    line: int
    what: str  # the name, or the text around the word

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def findings(package: str) -> Iterator[Finding]:
    """Retired words in the names and texts of one package."""
    for path in sorted((ROOT / package).rglob("*.py")):
        where = str(path.relative_to(ROOT))
        if "migrations" in path.parts or path.parent == Path(__file__).parent:
            continue
        allowed, source = ALLOWED.get(where, ()), path.read_text()
        if not _ANYWHERE.search(source + path.stem):
            continue
        tree = ast.parse(source)
        nodes = _list_nodes(tree)
        for line, name in (*_definitions(tree, nodes), (1, path.stem)):
            if _retired(name).difference(allowed):
                yield Finding(where, line, name)
        yield from (Finding(where, line, name) for line, name in _participles(nodes))
        if package != "tests":
            for line, text in _texts(nodes):
                yield from (Finding(where, line, around) for around in _in_text(text, allowed))


def page_findings() -> Iterator[Finding]:
    """Retired words in README and the pages under `docs`, code blocks included."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        if not page.is_file() or page.name == "glossary.md":
            continue
        for number, line in enumerate(page.read_text().splitlines(), 1):
            for around in _in_text(line, ()):
                yield Finding(str(page.relative_to(ROOT)), number, around)


def _list_nodes(tree: ast.Module) -> list[ast.AST]:
    """As `ast.walk`, in a third of its time: nodes without fields, as Load, are left out."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # which grows
        for value in vars(node).values():
            if value.__class__ is list:
                nodes += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                nodes.append(value)
    return nodes


def _definitions(tree: ast.Module, nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.lineno, node.target.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from (
                (node.lineno, target.id) for target in node.targets if isinstance(target, ast.Name)
            )


def _participles(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name.strip("_") in PARTICIPLES:
            yield node.lineno, f"def {node.name}"


def _texts(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    docstrings = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in nodes:
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node.lineno, node.value


def _in_text(text: str, allowed: tuple[str, ...]) -> Iterator[str]:
    for found in _TEXT.finditer(PHRASES_ALLOWED.sub("", text)):
        if _singular(found[0].lower()) not in allowed:
            yield text[max(0, found.start() - 40) : found.end() + 40].replace("\n", " ")


@cache
def _retired(name: str) -> frozenset[str]:
    """The retired words in a name, in the singular."""
    parts = (_singular(part.lower()) for part in _NAME_PARTS.findall(name))
    return frozenset(part for part in parts if part in WORDS)


def _singular(word: str) -> str:
    for ending in ("es", "s"):
        if word.endswith(ending) and word[: -len(ending)] in WORDS:
            return word[: -len(ending)]
    return word


if __name__ == "__main__":
    wanted = sys.argv[1:] or [*PACKAGES, "docs"]
    for package in wanted:
        found = list(page_findings() if package == "docs" else findings(package))
        print(f"== {package}: {len(found)}")
        print("\n".join(map(str, found)))
