"""Figures of the structure of the code base: `python tests/repository/structure.py`.

Counted in the packages that are shipped, without migrations and `__init__.py`. A function's length
is from `def` to its last line. A folder imports another when one of its modules does; a folder and
a folder inside it are not compared.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("wire", "edge_agent", "cloud", "models", "provisioning", "simulators")
MIGRATIONS: Final = "migrations"
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS: Final = (
    ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith,
)  # fmt: skip


PARTS: Final = ("body", "handlers", "orelse", "finalbody", "cases")
"""Fields of a statement that hold further statements, or hold what holds them."""


@dataclass(frozen=True)
class Module:
    path: Path  # relative to the root
    lines: int
    function_lines: tuple[int, ...]
    nesting: tuple[int, ...]  # of each function
    imports: frozenset[str]
    classes: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return self.path.parent


@dataclass(frozen=True)
class Structure:
    function_lines: list[int]
    nesting: list[int]
    modules: dict[Path, int]  # lines of each
    folders: dict[Path, int]  # modules in each
    mutual_imports: list[tuple[str, str]]
    repeated_classes: dict[str, list[Path]]
    untested: list[Path]  # no test at the mirrored path

    @property
    def mirrored_ratio(self) -> float:
        return 1 - len(self.untested) / len(self.modules)


def modules(root: Path = ROOT) -> list[Module]:
    paths = sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return [
        _read_module(path, root)
        for path in paths
        if path.name != "__init__.py" and MIGRATIONS not in path.parts
    ]


def _read_module(path: Path, root: Path) -> Module:
    text = path.read_text()
    tree = ast.parse(text)
    nodes = list(_statements(tree))
    functions = [node for node in nodes if isinstance(node, FUNCTIONS)]
    return Module(
        path=path.relative_to(root),
        lines=text.count("\n"),
        function_lines=tuple((one.end_lineno or one.lineno) - one.lineno + 1 for one in functions),
        nesting=tuple(map(_depth, functions)),
        imports=frozenset(_imported(nodes)),
        classes=tuple(node.name for node in tree.body if isinstance(node, ast.ClassDef)),
    )


def measure(root: Path = ROOT) -> Structure:
    found = modules(root)
    folders: dict[Path, int] = defaultdict(int)
    for module in found:
        folders[module.folder] += 1
    return Structure(
        function_lines=[lines for module in found for lines in module.function_lines],
        nesting=[depth for module in found for depth in module.nesting],
        modules={module.path: module.lines for module in found},
        folders=dict(folders),
        mutual_imports=_mutual_imports(found),
        repeated_classes=_repeated_classes(found),
        untested=[module.path for module in found if not _has_test(module.path, root)],
    )


def percentile(values: list[int], ratio: float) -> int:
    """The smallest value that at least `ratio` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-ratio * len(ordered) // 1) - 1)]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The statements inside a statement; its expressions hold none."""
    for part in PARTS:
        yield from getattr(node, part, ())


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in _children(node):
        yield child
        yield from _statements(child)


def _depth(node: ast.AST) -> int:
    inner = max((_depth(child) for child in _children(node)), default=0)
    return inner + isinstance(node, BLOCKS)


def _mutual_imports(found: list[Module]) -> list[tuple[str, str]]:
    known = {_dotted(module.path) for module in found}
    edges = {
        (module.folder, target)
        for module in found
        for name in module.imports
        if (target := _folder_of(name, known)) and not _contains(module.folder, target)
    }
    return sorted((str(a), str(b)) for a, b in edges if (b, a) in edges and str(a) < str(b))


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _folder_of(name: str, known: set[str]) -> Path | None:
    """The folder of the module that a dotted name leads to; a package is its own folder."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return None
    for end in range(len(parts), 0, -1):
        if ".".join(parts[:end]) in known:
            return Path(*parts[: end - 1])
        if (ROOT / Path(*parts[:end]) / "__init__.py").is_file():
            return Path(*parts[:end])
    return None


def _contains(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _repeated_classes(found: list[Module]) -> dict[str, list[Path]]:
    places: dict[str, list[Path]] = defaultdict(list)
    for module in found:
        for name in module.classes:
            places[name].append(module.path)
    return {name: paths for name, paths in sorted(places.items()) if len(paths) > 1}


def _has_test(path: Path, root: Path) -> bool:
    """`cloud/ingest/validate.py` is tested by `tests/cloud/ingest/test_validate[_…].py`."""
    folder, stem = root / "tests" / path.parent, path.stem.strip("_")
    return (folder / f"test_{stem}.py").is_file() or any(folder.glob(f"test_{stem}_*.py"))


def find_tested_elsewhere(untested: list[Path], root: Path) -> list[Path]:
    """Modules without a test at the mirrored path that no test in or below its folder imports."""
    imported: dict[Path, set[str]] = defaultdict(set)
    for path in sorted((root / "tests").rglob("*.py")):
        names = set(_imported(_statements(ast.parse(path.read_text()))))
        for folder in path.relative_to(root / "tests").parents:
            imported[folder] |= names
    return [path for path in untested if not _is_imported(_dotted(path), imported[path.parent])]


def _is_imported(module: str, names: set[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for name in names)


def report(found: Structure) -> str:
    lines = list(found.modules.values())
    fullest = max(found.folders, key=lambda folder: found.folders[folder])
    longest = max(found.modules, key=lambda path: found.modules[path])
    elsewhere = find_tested_elsewhere(found.untested, ROOT)
    rows = {
        "functions": len(found.function_lines),
        "function lines, median": percentile(found.function_lines, 0.5),
        "function lines, p90": percentile(found.function_lines, 0.9),
        "nesting, p90": percentile(found.nesting, 0.9),
        "modules": len(lines),
        "module lines, p90": percentile(lines, 0.9),
        "module lines, most": f"{found.modules[longest]} ({longest})",
        "modules in a folder, most": f"{found.folders[fullest]} ({fullest})",
        "folders that import each other": len(found.mutual_imports),
        "class names defined more than once": len(found.repeated_classes),
        "modules with a test at the mirrored path": f"{found.mirrored_ratio:.0%}",
        "or with a test in the mirrored folder": f"{1 - len(elsewhere) / len(lines):.0%}",
    }
    return "\n".join(f"{name:<42}{value}" for name, value in rows.items())


def details(found: Structure) -> Iterator[str]:
    """What exceeds a limit of `test_structure.py`, or would have to change to improve a figure."""
    for first, second in found.mutual_imports:
        yield f"import each other: {first} and {second}"
    for name, paths in found.repeated_classes.items():
        yield f"class {name}: {', '.join(map(str, paths))}"
    for folder, count in sorted(found.folders.items(), key=lambda item: -item[1])[:5]:
        yield f"{count} modules: {folder}"
    for path, lines in sorted(found.modules.items(), key=lambda item: -item[1])[:8]:
        yield f"{lines} lines: {path}"
    for path in found.untested:
        yield f"no test at the mirrored path: {path}"


if __name__ == "__main__":
    measured = measure()
    print(report(measured))
    print("\n".join(details(measured)))
