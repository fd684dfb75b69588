"""Which creative of a test a screen shows in an hour: a keyed hash, so nobody can choose it.

The unit is a screen and an hour. HMAC-SHA256 of both under the key of the test is as good as a
random draw, needs no table, and is the same in the player's schedule and in the analysis.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from cloud.campaigns.booked_hours import HourKey

KEY_BYTES: Final = 32


def new_assignment_key() -> str:
    """A random key of the test, in hexadecimal."""
    return secrets.token_hex(KEY_BYTES)


def assign_creative(key: str, hour: HourKey, creatives: Sequence[str]) -> str:
    """The creative that the screen shows in the hour, each with the same probability."""
    return creatives[assign_arm(key, hour, len(creatives))]


def assign_arm(key: str, hour: HourKey, arms: int) -> int:
    """The number of that creative. The remainder of 64 bits is uniform to one part in 10**18."""
    words = f"{hour.location}\n{hour.hour_at}".encode()
    digest = hmac.new(bytes.fromhex(key), words, hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) % arms
