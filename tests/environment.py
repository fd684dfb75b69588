"""The environment of all tests and of the programs that they start."""

import os
import sys

SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def set_test_environment() -> None:
    """One thread for each library, and compiled modules are written.

    Several test processes share the cores, so further threads of numerical libraries only wait for
    each other. Without compiled modules, each test process and each program that a test starts
    would compile the sources again: PYTHONDONTWRITEBYTECODE is for images, not for a working tree.
    """
    os.environ.update(dict.fromkeys(SINGLE_THREADED, "1"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
