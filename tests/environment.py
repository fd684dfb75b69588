"""The environment of all tests and of the programs that they start."""

import os
import sys

SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
IRI_GRAMMAR = "rfc3987_syntax"
"""Its import takes two seconds; moto imports it with `jsonschema`, and no test validates IRIs."""


def set_test_environment() -> None:
    """One thread for each library, and compiled modules are written.

    Several test processes share the cores, so further threads of numerical libraries only wait for
    each other. Without compiled modules, each test process and each program that a test starts
    would compile the sources again: PYTHONDONTWRITEBYTECODE is for images, not for a working tree.
    Moto starts without machine images, and `jsonschema` without the grammar of IRIs.
    """
    os.environ.update(dict.fromkeys(SINGLE_THREADED, "1"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    sys.modules.setdefault(IRI_GRAMMAR, None)  # type: ignore[arg-type]  # an ImportError
