"""Simulation: circuits of the compiler in, outcomes out.

The names that most programs need are here: ``moments`` and ``simulate`` of the exact simulator, ``run`` of any back end
with the ``Noise`` of a profile, and `budget_of_folder`, which splits variances by cause. They are imported
on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hardware_profiles.display import drawn_by

if TYPE_CHECKING:
    from simulations.backends import Noise, run
    from simulations.exact import Outcomes, moments, simulate
    from simulations.programs.budget import Budget, budget_of_folder

_HOMES = {
    "backends": ("Noise", "run"),
    "exact": ("Outcomes", "moments", "simulate"),
    "programs.budget": ("Budget", "budget_of_folder"),
}

__all__ = ["Budget", "Noise", "Outcomes", "budget_of_folder", "moments", "run", "simulate"]

drawn_by(
    {
        "simulations.exact.outcomes:Outcomes": "simulations.display.pictures:outcomes_picture",
        "simulations.programs.budget:Budget": "simulations.display.pictures:budget_picture",
        "simulations.programs.cross_validation:CrossValidation": "simulations.display.validations:validation_picture",
    }
)


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"simulations.{home}"), name)
    raise AttributeError(f"module 'simulations' has no attribute {name!r}")
