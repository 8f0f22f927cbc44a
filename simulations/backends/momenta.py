"""Joint momenta under cubic phases as a back end."""

from __future__ import annotations

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.typing import Advance
from simulations.backends.backend import Accuracy, Backend, Settings, first_unable
from simulations.backends.exact import UNABLE
from simulations.exact.outcomes import Outcomes


def _sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Advance | None
) -> Outcomes:
    from simulations.momenta.run import sample

    return sample(circuit, shots, rng, progress, settings.threads)


def _cost(circuit: Circuit, shots: int) -> str | None:
    from simulations.momenta.run import planned, require_affordable

    plan = planned(circuit)
    if plan is None:
        return None
    cost = plan.cost(shots)
    require_affordable(cost)
    return str(cost)


def _accuracy(circuit: Circuit, settings: Settings) -> Accuracy | None:
    from simulations.momenta.run import planned

    plan = planned(circuit)
    if plan is None:
        return None
    left_out = plan.cost(1).left_out
    text = f"neglected weak couplings change the law of all outcomes by an estimated {left_out:.1g} in total variation"
    return Accuracy(text, doubtful=False)


BACKEND = Backend(
    "momenta",
    "like exact, and joint momenta under cubic phases that couple few modes at a time, such as chains of 3-edges",
    "sampling; grids of few modes, checked at random positions; the effect of neglected terms is estimated",
    lambda: UNABLE,
    lambda circuit: first_unable(UNABLE, circuit),
    _sample,
    _accuracy,
    cost=_cost,
)
