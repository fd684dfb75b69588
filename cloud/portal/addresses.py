"""Which paths are pages of the portal.

The router of the pages is in `web/src/routes.ts`; the server knows the first part of each path, and
answers every path below it with the same document. A path that the router lacks is a page that says
so.
"""

from typing import Final

SECTIONS: Final = frozenset(
    {
        "sign-in", "password", "account", "live", "explore", "plan", "screens", "basket",
        "checkout", "orders", "campaigns", "creatives", "invoices", "sales", "finance", "admin",
        "operations", "analytics", "products", "retail",
    }
)  # fmt: skip
ASSETS: Final = "/assets/"


def is_public(path: str) -> bool:
    """Whether a path of the portal is answered without a key: all are, they have no data."""
    return is_page(path) or path.startswith(ASSETS)


def is_page(path: str) -> bool:
    """Whether a path is a page of the portal: the first page, or in a section."""
    return path == "/" or path.removeprefix("/").partition("/")[0] in SECTIONS
