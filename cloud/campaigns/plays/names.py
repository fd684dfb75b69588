"""Names of screens and creatives in a log, and what they are called here.

A screen is found by its present or former id, by the name in the sites file, or by an alias.
Aliases are a CSV file with the columns `kind` (screen or creative), `log` and `ours`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cloud.campaigns.plays.log_file import LogFileError, open_log, read_rows
from cloud.campaigns.plays.play import PlayError
from cloud.sites.sites import Sites, UnknownLocation

COLUMNS: Final = ("kind", "log", "ours")
KINDS: Final = ("screen", "creative")


@dataclass(frozen=True, slots=True)
class NameAliases:
    """What a log calls screens and creatives, mapped to the names here."""

    screens: Mapping[str, str] = field(default_factory=dict)
    creatives: Mapping[str, str] = field(default_factory=dict)


class LogNames:
    """Resolves the names of one log."""

    def __init__(self, sites: Sites, aliases: NameAliases | None = None) -> None:
        self._sites = sites
        self._aliases = aliases or NameAliases()
        self._by_name = {site.name.casefold(): site.id for site in sites}

    def resolve_screen(self, name: str) -> str:
        """The present id of a screen; raises PlayError."""
        asked = self._aliases.screens.get(name.strip(), name.strip())
        try:
            return self._sites.location(asked).id
        except UnknownLocation:
            pass
        found = self._by_name.get(asked.casefold())
        if found is None:
            raise PlayError("the screen is not in the sites file: give aliases for its name")
        return found

    def resolve_creative(self, name: str) -> str:
        """The name of a creative, as the player would report it."""
        return self._aliases.creatives.get(name.strip(), name.strip())


def load_aliases(path: Path) -> NameAliases:
    """Read aliases; raises LogFileError."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    with open_log(path) as text:
        for row in read_rows(text, COLUMNS):
            if row.get("kind") not in KINDS or not row["log"] or not row["ours"]:
                raise LogFileError(
                    f"{path.name}: expected screen or creative, the name in the log, and our name"
                )
            found[row["kind"]][row["log"].strip()] = row["ours"].strip()
    return NameAliases(found["screen"], found["creative"])
