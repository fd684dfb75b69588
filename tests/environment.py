"""The environment of all tests and of the programs that they start."""

import os
import sys
from pathlib import Path

SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
IRI_GRAMMAR = "rfc3987_syntax"
"""Its import takes two seconds; moto imports it with `jsonschema`, and no test validates IRIs."""
TRIO_DETECTION = "sniffio"
"""Not installed: HTTPX looks for it in all folders of modules, twice for each request."""

MEMORY_DISK = Path("/dev/shm")
ENOUGH_BYTES = 4 << 30
"""Many times what the folders of tests hold at any moment."""


def set_test_environment() -> None:
    """One thread for each library, and compiled modules are written.

    Several test processes share the cores, so further threads of numerical libraries only wait for
    each other. Without compiled modules, each test process and each program that a test starts
    would compile the sources again: PYTHONDONTWRITEBYTECODE is for images, not for a working tree.
    Moto starts without machine images, and `jsonschema` without the grammar of IRIs. The folders
    of tests are in memory, where that has room: tests wait for no disk.
    """
    os.environ.update(dict.fromkeys(SINGLE_THREADED, "1"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    for module in (IRI_GRAMMAR, TRIO_DETECTION):
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # an ImportError
    if can_hold_tests(MEMORY_DISK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))


def can_hold_tests(folder: Path) -> bool:
    """Whether tests can have their folders there, and run the programs that they write."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    is_usable = os.access(folder, os.W_OK) and not disk.f_flag & os.ST_NOEXEC
    return is_usable and disk.f_bavail * disk.f_frsize >= ENOUGH_BYTES
