"""Write the generated documents of the wire schema, or check that they match the code."""

from pathlib import Path
from typing import TYPE_CHECKING

from wire.process.interrupts import exit_on_interrupt, exit_program, run_interruptible

if TYPE_CHECKING:
    import argparse

    from wire.command_line import Parser

EXAMPLE = "example:\n  python -m wire check\n"


def main(words: list[str] | None = None) -> int:
    """`python -m wire write|check [--into DIR]`; 1 when a checked document differs."""
    with exit_on_interrupt():
        arguments = _parse(words)
        from wire.schema_documents import generate_documents
    return run_interruptible(lambda: _run(arguments, generate_documents()))


def _parse(words: list[str] | None) -> "argparse.Namespace":
    return build_parser().parse_args(words)


def build_parser() -> "Parser":
    """The parser of the command line."""
    import argparse

    from wire.command_line import Parser

    parser = Parser(
        prog="python -m wire",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "action", choices=("write", "check"), help="write the documents, or compare them"
    )
    parser.add_argument(
        "--into",
        type=Path,
        default=Path("docs/wire"),
        metavar="DIR",
        help="folder of the documents (default: %(default)s)",
    )
    return parser


def _run(arguments: "argparse.Namespace", documents: dict[str, str]) -> int:
    folder: Path = arguments.into
    stale = {
        folder / name: text
        for name, text in documents.items()
        if not (folder / name).exists() or (folder / name).read_text() != text
    }
    if arguments.action == "check":
        for path in stale:
            print(f"{path} differs from the code: run `python -m wire write`")
        return 1 if stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in stale.items():
        path.write_text(text)
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    exit_program(main)
