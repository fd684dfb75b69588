"""The authority's passphrase in the keeping of AWS KMS: a file that only the KMS key can open.

The key never leaves KMS; who may use it is a matter of IAM, and every use is in CloudTrail. The
encryption context binds the file to this purpose: the same key opens nothing else by mistake.
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
    """A passphrase that KMS does not make or open."""


def create_passphrase(key: str) -> bytes:
    """A new 256-bit passphrase, sealed under the KMS key; nobody sees it in the clear."""
    client = create_client("kms")
    try:
        with explain_aws_errors():
            made = client.generate_data_key_without_plaintext(
                KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT
            )
    except AwsError as error:
        raise KmsError(f"KMS makes no passphrase under {key[:200]!r}: {error}") from error
    return base64.b64encode(made["CiphertextBlob"]) + b"\n"


def decrypt_passphrase(path: Path) -> bytes:
    """The passphrase in a file that `sealed` made, as text that other tools take too."""
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
            f"KMS does not open {path}: {error}; wanted a file made by `ca seal` and the right "
            "to kms:Decrypt with its key"
        ) from error
    clear: bytes = answer["Plaintext"]
    if len(clear) < MIN_BYTES:
        raise KmsError(f"{path} holds a passphrase of {len(clear)} bytes: make it with `ca seal`")
    return base64.b64encode(clear)
