"""The position grid as a back end."""

from __future__ import annotations

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.ir.operations import STATES, CrossKerr, DisplacementReadout, Operation, PhotonCount, PostSelect
from compiler.typing import Advance
from simulations.backends.backend import NO_CHOICE, NO_DISPLACEMENT_READOUT, Accuracy, Backend, Settings, first_unable
from simulations.exact.outcomes import Outcomes

UNABLE: dict[type[Operation], str] = {
    CrossKerr: "a cross-Kerr gate is not applied on the grid",
    **dict.fromkeys(STATES, "the state is not prepared on the grid"),
    PostSelect: NO_CHOICE,
    PhotonCount: "this back end reads only quadratures",
    DisplacementReadout: NO_DISPLACEMENT_READOUT,
}

DOUBTFUL_CHANGE = 0.05
"""An answer is doubtful if finer grids change an outcome by more than this, in standard deviations: one that falls near
a zero of its density moves by a few hundredths on good grids, because next to no probability is there."""


def _sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Advance | None
) -> Outcomes:
    from simulations import grid

    return grid.sample(circuit, shots, rng, progress)


def _accuracy(circuit: Circuit, settings: Settings) -> Accuracy:
    from simulations import grid

    change = grid.sampling_error(circuit, seed=0)
    doubtful = not change <= DOUBTFUL_CHANGE
    text = f"finer grids change outcomes by up to {change:.1g} standard deviations"
    return Accuracy(text + (f", more than {DOUBTFUL_CHANGE}" if doubtful else ""), doubtful)


BACKEND = Backend(
    "grid",
    "every gate and channel but CrossKerr, up to about four modes at a time at moderate squeezing (r near 0.5)",
    "grids of finite size and step, measured on finer grids; sampling",
    lambda: UNABLE,
    lambda circuit: first_unable(UNABLE, circuit),
    _sample,
    _accuracy,
    refuses_doubt=True,
)
