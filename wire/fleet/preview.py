"""The coarse picture that a camera may send when its own settings allow it.

The picture says where a camera looks, whether its lens is covered and whether it is light; it
recognises no person. The limit is `MAX_BLOCKS` on the longer side. IEC 62676-4 calls 25 pixels on
one metre enough to detect that there is a person, and asks for 125 to recognise one. At 25 blocks
on a metre a face, 0.16 m wide, is four blocks wide. The limit reaches that where the view is 1.28 m
wide, which is 0.9 m in front of a lens of 70 degrees. Heads found by the detector, at any distance,
are pixelated before that: a face keeps two cells. A face is identified from 18 pixels on (Bachmann,
European Journal of Cognitive Psychology, 1991), and not below 15.
"""

import base64
import binascii
from typing import Annotated, Final

from msgspec import Meta

from wire.scalars import Device, Instant, WireMessage

MAX_BLOCKS: Final = 32
MAX_GREY_BYTES: Final = MAX_BLOCKS * MAX_BLOCKS
MAX_PREVIEW_BYTES: Final = 2_048
"""Of the encoded picture: grey values in base64, and the other fields."""

Blocks = Annotated[int, Meta(ge=1, le=MAX_BLOCKS)]


class PreviewPicture(WireMessage, frozen=True, kw_only=True):
    """Blocks of one grey value each, in rows from the upper left; `grey` is base64, a byte each."""

    device: Device
    taken_at: Instant
    width: Blocks
    height: Blocks
    grey: Annotated[str, Meta(max_length=4 * -(-MAX_GREY_BYTES // 3))]

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_BLOCKS and 1 <= self.height <= MAX_BLOCKS):
            raise ValueError(
                f"{self.width} x {self.height} blocks: a preview has {MAX_BLOCKS} on a side at most"
            )
        try:
            count = len(base64.b64decode(self.grey, validate=True))
        except (binascii.Error, ValueError):
            raise ValueError("grey is not base64") from None
        if count != self.width * self.height:
            raise ValueError(
                f"{count} grey values: expected one for each of the {self.width} x {self.height} "
                "blocks"
            )
