"""Types that all rooms share: arrays, and what reports progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
AnyArray = NDArray[Any]
"""Of float64, or of mpmath numbers as objects."""

Advance = Callable[[int], None]
"""Takes the number of steps that are done."""

Say = Callable[[str], None]
"""Takes one line on what is being done."""


class Track(Protocol):
    """Starts one stage of long work, and returns what takes its number of steps done."""

    def __call__(self, what: str, total: int, /) -> Advance:
        """Start a stage of ``total`` steps."""
