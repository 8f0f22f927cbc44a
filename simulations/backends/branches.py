"""The exact branch simulator as a back end."""

from __future__ import annotations

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.typing import Advance
from simulations.backends.backend import Backend, Settings
from simulations.branches.limits import UNABLE, refusal
from simulations.exact.outcomes import Outcomes


def _sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Advance | None
) -> Outcomes:
    from simulations.branches.run import sample

    return sample(circuit, shots, rng, progress)


def _cost(circuit: Circuit, shots: int) -> str:
    from simulations.branches.cost import require_affordable

    return str(require_affordable(circuit, shots))


BACKEND = Backend(
    "branches",
    "displacement readouts, cat and GKP states under phases of degree at most 3, with loss, any number of modes",
    "sampling only; where many positions are drawn from one density, its table is right to 2e-5 of the distribution",
    lambda: UNABLE,
    refusal,
    _sample,
    lambda circuit, settings: None,
    cost=_cost,
)
