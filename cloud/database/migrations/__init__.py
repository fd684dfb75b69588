"""The migrations from any older database to the tables of this version, in one sequence.

`HEAD` is the newest. A new migration must change it, so that two migrations written at the same
time cause a merge conflict instead of two heads. How to add one: docs/ingest.md.
"""

from typing import Final

HEAD: Final = "0059"
