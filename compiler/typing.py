"""Types that all packages share: arrays, and functions that report progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
AnyArray = NDArray[Any]
"""Array of float64 numbers, or of mpmath numbers as objects."""

Advance = Callable[[int], None]
"""Function that takes the number of finished steps."""

Say = Callable[[str], None]
"""Function that takes one line of text about the present work."""


class Track(Protocol):
    """Function that starts a stage of long work, and returns the function that takes its number of finished steps."""

    def __call__(self, what: str, total: int, /) -> Advance:
        """Start a stage of ``total`` steps."""
