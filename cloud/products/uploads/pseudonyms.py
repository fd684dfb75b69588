"""Replace personal values by a keyed hash before anything else reads them.

HMAC-SHA-256 (RFC 2104) with a key that only the operator has: the same person has the same
pseudonym in every file, and without the key it cannot be computed from a list of names. The key is
never stored in the lake; without it a file with such a column is refused.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cloud.products.definitions.columns import ColumnType
from cloud.products.definitions.product import Upload
from cloud.products.uploads.refusal import UploadRefusedError

KEY_VARIABLE: Final = "ONLOOKER_PSEUDONYM_KEY"
LEAST_KEY_BYTES: Final = 32
HASH_CHARACTERS: Final = 32
"""128 bits: no two of a billion persons share one by chance."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes pseudonyms with a key; None: there is none."""

    key: bytes | None = None

    @classmethod
    def from_environment(cls) -> "Pseudonyms":
        """With the key of `ONLOOKER_PSEUDONYM_KEY`, as hexadecimal digits.

        Raises:
            UploadRefusedError: it is no such key.
        """
        written = os.environ.get(KEY_VARIABLE)
        if not written:
            return cls()
        try:
            key = bytes.fromhex(written)
        except ValueError:
            key = b""
        if len(key) < LEAST_KEY_BYTES:
            raise UploadRefusedError(
                f"{KEY_VARIABLE} is no key: expected {2 * LEAST_KEY_BYTES} hexadecimal digits or "
                "more, such as `openssl rand -hex 32` prints"
            )
        return cls(key)

    def replace(
        self, batches: Iterator[pa.RecordBatch], upload: Upload
    ) -> Iterator[pa.RecordBatch]:
        """The batches with pseudonyms in the columns that the upload names so."""
        personal = [
            name for name, column in upload.columns.items() if column.type is ColumnType.PSEUDONYM
        ]
        if personal and self.key is None:
            raise UploadRefusedError(
                f"{', '.join(personal)} would be replaced by pseudonyms: set {KEY_VARIABLE} to a "
                "key, such as `openssl rand -hex 32` prints, and keep it"
            )
        for batch in batches:
            for name in set(personal) & set(batch.schema.names):
                place = batch.schema.get_field_index(name)
                batch = batch.set_column(place, name, self._replace(batch.column(place)))
            yield batch

    def _replace(self, texts: pa.Array) -> pa.Array:
        encoded = pc.dictionary_encode(pc.utf8_trim_whitespace(texts))
        hashed = pa.array([self.make(text) for text in encoded.dictionary.to_pylist()], pa.string())
        return hashed.take(encoded.indices)

    def make(self, text: str) -> str:
        """The pseudonym of a text, in any case; an empty text stays empty."""
        if not text:
            return ""
        assert self.key is not None
        digest = hmac.new(self.key, text.casefold().encode(), hashlib.sha256).hexdigest()
        return digest[:HASH_CHARACTERS]
