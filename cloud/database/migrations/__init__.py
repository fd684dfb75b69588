"""The steps that bring any older database to the tables of this version, in one line of descent.

`HEAD` names the newest. Whoever adds a step changes it here too, so that two steps written side by
side meet as a merge conflict and not as two heads. How to add one: docs/ingest.md.
"""

from typing import Final

HEAD: Final = "0025"
