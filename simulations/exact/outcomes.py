"""Hold the results of a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compiler.typing import Array
from hardware_profiles.display import Drawable
from simulations.laws.real import Law


@dataclass(frozen=True, slots=True, repr=False)
class Outcomes(Drawable):
    """Homodyne outcomes.

    Attributes
    ----------
    results : mapping from name to array, shape (shots,)
    laws : mapping from name to Law
        Exact law of each outcome given the earlier ones; only for a single shot, and only where the simulator knows it.
    """

    results: Mapping[str, Array]
    laws: Mapping[str, Law] = field(default_factory=dict)

    def __repr__(self) -> str:
        shots = max((len(values) for values in self.results.values()), default=0)
        names = list(self.results)
        more = f", ... ({len(names)})" if len(names) > 6 else ""
        return f"<Outcomes: {shots} shots of {', '.join(names[:6]) or 'no readout'}{more}>"
