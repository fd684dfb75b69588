"""Reports through the hardened broker: the camera's own link, the real stream, certificates.

What a camera says is counted and acknowledged; what another says in its name is not.
"""

import os
import pwd
import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

