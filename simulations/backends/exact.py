"""The exact simulator as a back end."""

from __future__ import annotations

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.ir.operations import STATES, CrossKerr, DisplacementReadout, Kerr, Operation, PhotonCount, PostSelect
from compiler.typing import Advance
from simulations.backends.backend import NO_CHOICE, NO_DISPLACEMENT_READOUT, Backend, Settings, first_unable
from simulations.exact.outcomes import Outcomes

UNABLE: dict[type[Operation], str] = {
    Kerr: "a Kerr gate is not a phase polynomial",
    CrossKerr: "a cross-Kerr gate is not a phase polynomial",
    **dict.fromkeys(STATES, "the state is neither Gaussian nor a cubic state"),
    PostSelect: NO_CHOICE,
    PhotonCount: "this back end reads only quadratures",
    DisplacementReadout: NO_DISPLACEMENT_READOUT,
}


def _sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Advance | None
) -> Outcomes:
    from simulations.exact import simulate

    return simulate(circuit, shots, rng, progress=progress, threads=settings.threads)


BACKEND = Backend(
    "exact",
    "polynomial phases, Gaussian gates, noise and feed-forward, any number of modes, no cutoff",
    "sampling only; moments are exact where they have a closed form",
    lambda: UNABLE,
    lambda circuit: first_unable(UNABLE, circuit),
    _sample,
    lambda circuit, settings: None,
)
