"""What buyers get to know of a screen beside its audience: publisher, ids, content, file formats.

Everything is optional. The ids of a screen in an industry's register are those of the device, never
of a person, so their agent type is a vendor's (500 or more in AdCOM).
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from wire.visible_names import check_visible_name

Domain = Annotated[
    str, Meta(max_length=253, pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$(?!\n)")
]
"""A host name in lower case, such as `example.org`."""
Keyword = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_ -]{0,39}$(?!\n)")]
MediaType = Annotated[str, Meta(pattern=r"^(image|video)/[a-z0-9][a-z0-9.+-]{0,60}$(?!\n)")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}$(?!\n)", description="ISO 639-1")]
Category = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9-]{1,20}$(?!\n)", description="IAB Content Taxonomy 3.0")
]
ShortText = Annotated[str, Meta(min_length=1, max_length=64)]


class SiteFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value of the file; an unknown field is an error."""


class Publisher(SiteFact, frozen=True, kw_only=True):
    """The media owner as the trade knows it."""

    id: ShortText
    name: ShortText
    domain: Domain

    def __post_init__(self) -> None:
        check_visible_name("publisher name", self.name)
        check_visible_name("publisher id", self.id)


class ScreenIdentifier(SiteFact, frozen=True, kw_only=True):
    """The id of a screen in a register, such as `oohspace.co.uk` or `geopath.org`."""

    source: Domain
    id: ShortText
    atype: Annotated[int, Meta(ge=500, le=9999, description="AdCOM agent type, of a vendor")] = 501


class ScreenContent(SiteFact, frozen=True, kw_only=True):
    """What the screen shows between advertisements."""

    title: ShortText | None = None
    language: Language | None = None
    categories: Annotated[tuple[Category, ...], Meta(max_length=20)] = ()
