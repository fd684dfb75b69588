"""Hashes of passwords with argon2id, and which passwords are accepted.

The parameters are the second recommendation of RFC 9106: 64 MiB, 3 passes, 4 lanes. At most four
hashes are computed at once in a process, so sign-ins cannot use more than 256 MiB. The parameters
are part of every hash, so older hashes stay valid and are replaced at the next sign-in.
"""

import base64
import hashlib
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS: Final = 12
MAX_CHARACTERS: Final = 200
MIN_DIFFERENT: Final = 6
_AT_ONCE: Final = threading.BoundedSemaphore(4)


class PasswordError(ValueError):
    """A password that is too weak or cannot be read; the message never has the password."""


@dataclass(frozen=True)
class Passwords:
    """Computes and verifies hashes with these parameters."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4

    @cached_property
    def _hasher(self) -> PasswordHasher:
        return PasswordHasher(self.passes, self.memory_kib, self.lanes)

    @cached_property
    def dummy(self) -> str:
        """A hash that no password has, to spend the same time where there is no user."""
        salt, value = (base64.b64encode(secrets.token_bytes(n)).decode() for n in (16, 32))
        limits = f"m={self.memory_kib},t={self.passes},p={self.lanes}"
        return f"$argon2id$v=19${limits}${salt.rstrip('=')}${value.rstrip('=')}"

    def hash(self, password: str) -> str:
        """A new hash with a random salt."""
        with _AT_ONCE:
            return self._hasher.hash(_normalise(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password has this hash; without a hash False, after the same time."""
        with _AT_ONCE:
            try:
                self._hasher.verify(stored or self.dummy, _normalise(password))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was computed with other parameters."""
        return self._hasher.check_needs_rehash(stored)


def validate_password(password: str, email: str) -> None:
    """Raise PasswordError for a password that is easy to guess; length counts, not its symbols."""
    text = _normalise(password)
    if not MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
        raise PasswordError(
            f"the password has {len(text)} characters: choose {MIN_CHARACTERS} to {MAX_CHARACTERS}"
        )
    if len(set(text.lower())) < MIN_DIFFERENT:
        raise PasswordError(
            f"the password repeats few characters: use at least {MIN_DIFFERENT} different ones"
        )
    name = email.partition("@")[0]
    if email in text.lower() or (len(name) >= MIN_DIFFERENT and name in text.lower()):
        raise PasswordError("the password has the e-mail address in it: choose another")


def hash_fingerprint(stored: str | None) -> str | None:
    """The fingerprint of a hash for the log: reveals a replaced hash, and is no secret."""
    return None if stored is None else hashlib.sha256(stored.encode()).hexdigest()[:16]


def _normalise(password: str) -> str:
    """One form of letters that keyboards write in several (RFC 8265)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace").decode()
