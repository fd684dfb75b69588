"""Write the contract's documents, or check that they are as the code says."""

import argparse
import sys
from pathlib import Path

from wire.documents import documents


def main(arguments: list[str] | None = None) -> int:
    """`python -m wire write|check [--into DIR]`; 1 when a checked document differs."""
    parser = argparse.ArgumentParser(prog="python -m wire", description=__doc__)
    parser.add_argument("action", choices=("write", "check"))
    parser.add_argument("--into", type=Path, default=Path("docs/wire"), metavar="DIR")
    asked = parser.parse_args(arguments)
    stale = [
        name
        for name, text in documents().items()
        if not (asked.into / name).exists() or (asked.into / name).read_text() != text
    ]
    if asked.action == "check":
        for name in stale:
            print(f"{asked.into / name} is not what the code says: run `python -m wire write`")
        return 1 if stale else 0
    asked.into.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (asked.into / name).write_text(documents()[name])
        print(f"wrote {asked.into / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
