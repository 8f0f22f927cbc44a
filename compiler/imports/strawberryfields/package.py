"""The package Strawberry Fields, imported on first use."""

from __future__ import annotations

import sys
import warnings
from functools import cache
from typing import Any

from compiler.errors import CircuitError
from compiler.ir.conventions import HBAR
from hardware_profiles.extras import need


@cache
def strawberryfields() -> Any:
    """Import the package without TensorFlow, which takes seconds.

    The package imports TensorFlow where it is installed, for a back end that is not used here. That takes most of the
    time, and PyTorch builds with Triton crash in a process that has loaded TensorFlow.

    Raises
    ------
    AbsentPackageError
        If the package is not installed.
    CircuitError
        If hbar of the package is not 2.
    """
    need("strawberryfields")
    _restore_simps()
    modules: Any = sys.modules
    hide = "tensorflow" not in modules
    if hide:
        modules["tensorflow"] = None  # its import then fails, as if it were not installed
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import strawberryfields as sf
    finally:
        if hide:
            del modules["tensorflow"]
    if sf.hbar != HBAR:
        raise CircuitError(f"strawberryfields.hbar must be {HBAR:g}, found {sf.hbar}; do not set it before use")
    return sf


def _restore_simps() -> None:
    """Give scipy back the name ``simps``, which Strawberry Fields 0.23 imports and scipy 1.14 removed."""
    from scipy import integrate

    if not hasattr(integrate, "simps"):
        integrate.simps = lambda y, x=None, **more: integrate.simpson(y, x=x, **more)
