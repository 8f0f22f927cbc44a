"""Hold the results of a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compiler.typing import Array
from simulations.laws.real import Law


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Homodyne outcomes.

    Attributes
    ----------
    results : mapping from name to array, shape (shots,)
    laws : mapping from name to Law
        Exact law of each outcome given the earlier ones; only for a single shot, and only where the simulator knows it.
    """

    results: Mapping[str, Array]
    laws: Mapping[str, Law] = field(default_factory=dict)
