"""Command lines without secrets: addresses from files, and errors that quote no address.

Every user of the machine can read a command line (`ps`). An address with credentials is therefore
given as `@/path/of/a/file` or through an environment variable.
"""

import argparse
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from wire.addresses import AddressError, display_path, hide_addresses

LARGEST_FILE_BYTES: Final = 16 * 1024
LARGEST_NUMBER: Final = 2**63 - 1
CERTIFICATES: Final = ("ca", "cert", "key")
"""The options of `add_certificates`."""
_DIGITS: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
EXAMPLE: Final = "example:"
FROM_FILE: Final = "@FILE reads it from a file, which hides credentials from the process list"


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors name options but repeat no values and no addresses."""

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> argparse.Namespace:
        """Parse the arguments. The error names unknown options and counts unknown values."""
        parsed, left = self.parse_known_args(args, namespace or argparse.Namespace())
        if left:
            options = [one.partition("=")[0] for one in left if one.startswith("--")]
            words = sum(not one.startswith("--") for one in left)
            named = [*options, *([f"{words} more (a space needs quotes)"] if words else [])]
            self.error(f"unrecognized arguments: {', '.join(named)}")
        assert isinstance(parsed, argparse.Namespace)
        return parsed

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is no choice; the error repeats it only if it is a plain word."""
        if action.choices is None or value in action.choices:
            return
        shown = repr(value) if _WORD.fullmatch(str(value)) else "this value"
        raise argparse.ArgumentError(
            action, f"{shown} is not a choice: give {', '.join(map(str, action.choices))}"
        )

    def error(self, message: str) -> NoReturn:
        """Exit with the usage and the message, its addresses in their display form."""
        super().error(hide_addresses(message))


class ExampleFormatter(argparse.HelpFormatter):
    """Writes the example at the end of a help text unchanged, without filling its lines."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if EXAMPLE in text else super()._fill_text(text, width, indent)


def add_examples(parser: argparse.ArgumentParser, program: str, examples: Iterable[str]) -> None:
    """End the help of each command with an example: the first of `examples` that runs it.

    `examples` are the words after `program`, such as `keys create --role sales --owner Leeds`.
    """
    for example in examples:
        for command in _path(parser, example.split()):
            if EXAMPLE not in (command.epilog or ""):
                shown = f"{EXAMPLE}\n  {program} {example}".rstrip()
                command.epilog = f"{command.epilog}\n\n{shown}" if command.epilog else shown
                if command.formatter_class is argparse.HelpFormatter:
                    command.formatter_class = ExampleFormatter


def subcommands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The commands below a command, by name."""
    return {
        name: child
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, child in action.choices.items()
    }


def _path(
    parser: argparse.ArgumentParser, words: Sequence[str]
) -> Sequence[argparse.ArgumentParser]:
    """The parser and the commands below it that the words name, one after another."""
    path = [parser]
    for word in words:
        below = subcommands(path[-1]).get(word)
        if below is None:
            break
        path.append(below)
    return path


def sentence(summary: str) -> str:
    """The one-line summary of a command as a sentence, for the description in its own help."""
    return f"{summary[:1].upper()}{summary[1:]}."


class OptionError(ValueError):
    """An option that the rest of the command line makes useless."""


def refuse_options(arguments: argparse.Namespace, *names: str, because: str) -> None:
    """Raise OptionError when one of these options was given; `because` says when it is used."""
    values = {name: getattr(arguments, name.replace("-", "_"), None) for name in names}
    if given := [f"--{name}" for name, value in values.items() if value not in (None, False, [])]:
        raise OptionError(f"{', '.join(given)} would have no effect: {because}")


def add_certificates(parser: argparse.ArgumentParser) -> None:
    """Offer `--ca`, `--cert` and `--key`: the files of a TLS connection to a broker."""
    offer = parser.add_argument
    offer(
        "--ca",
        type=Path,
        metavar="FILE",
        help="authority of the broker's certificate (PEM); without it, the system's are trusted",
    )
    offer("--cert", type=Path, metavar="FILE", help="certificate to present (PEM); needs --key")
    offer("--key", type=Path, metavar="FILE", help="private key of --cert (PEM)")


def address_in(text: str) -> str:
    """The text, or the single line of the file that `@FILE` names; otherwise AddressError."""
    if not text.startswith("@"):
        return text
    path = Path(text[1:])
    try:
        with path.open(encoding="utf-8") as file:
            content = file.read(LARGEST_FILE_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise AddressError(f"the file {display_path(path)} cannot be read: {reason}") from None
    if not content or "\n" in content:
        raise AddressError(f"the file {display_path(path)} must hold one line: the address")
    return content


def whole_number(least: int = 1, most: int = LARGEST_NUMBER) -> Callable[[str], int]:
    """Argument type of a whole number that every database can store."""

    def number(text: str) -> int:
        if not _DIGITS.fullmatch(text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"write a whole number from {least} to {most}")
        return int(text)

    return number


row_id = whole_number()
"""Argument type of a row id."""
row_count = whole_number(most=1_000_000)
"""Argument type of a number of rows, devices or minutes."""


def address_argument(text: str) -> str:
    """Argument type of an address or `@FILE`."""
    try:
        return address_in(text)
    except AddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
