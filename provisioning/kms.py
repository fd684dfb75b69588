"""The authority's passphrase, encrypted by AWS KMS in a file that only the KMS key can decrypt.

The key never leaves KMS. IAM controls who may use it, and CloudTrail records each use. The
encryption context binds the file to this purpose: other data encrypted with the key is refused.
"""

import base64
from pathlib import Path
from typing import Final

from wire.aws import AwsError, create_client, explain_aws_errors

KMS_FILE_VARIABLE: Final = "ONLOOKER_CA_PASSPHRASE_KMS"
CONTEXT: Final = {"onlooker": "authority-passphrase"}
MAX_BYTES: Final = 6 * 1024
MIN_BYTES: Final = 16


class KmsError(RuntimeError):
    """KMS cannot create or decrypt the passphrase."""


def create_passphrase(key: str) -> bytes:
    """Create a 256-bit passphrase, encrypted with the KMS key; the plain text is not returned."""
    client = create_client("kms")
    try:
        with explain_aws_errors():
            created = client.generate_data_key_without_plaintext(
                KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT
            )
    except AwsError as error:
        raise KmsError(f"KMS cannot create a passphrase with {key[:200]!r}: {error}") from error
    return base64.b64encode(created["CiphertextBlob"]) + b"\n"


def decrypt_passphrase(path: Path) -> bytes:
    """Decrypt a file of `create_passphrase`; the passphrase is text, for use in other tools."""
    client = create_client("kms")
    try:
        with path.open("rb") as file:
            blob = base64.b64decode(file.read(MAX_BYTES), validate=False)
    except (OSError, ValueError) as error:
        raise KmsError(f"{KMS_FILE_VARIABLE}={path} cannot be read: {error}") from error
    try:
        with explain_aws_errors():
            answer = client.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
    except AwsError as error:
        raise KmsError(
            f"KMS cannot decrypt {path}: {error}; give a file of `ca seal` and allow kms:Decrypt "
            "with its key"
        ) from error
    clear: bytes = answer["Plaintext"]
    if len(clear) < MIN_BYTES:
        raise KmsError(f"{path} has a passphrase of {len(clear)} bytes: create it with `ca seal`")
    return base64.b64encode(clear)
