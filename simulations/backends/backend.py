"""What a back end is: one way to sample a circuit, what it cannot run, and what is known of its error.

A back end is one `Backend` object in a module of its own. This project's are listed in `simulations.backends.registry`;
another package adds one by an entry point (docs/extending.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation
from compiler.machines import machine_of
from compiler.typing import Advance
from hardware_profiles.schema import Profile
from simulations.exact.outcomes import Outcomes

NO_CHOICE = "outcomes are drawn, and none can be chosen; read the mode and keep the shots near the value"
"""Why a back end that samples does not run a `PostSelect`."""

NO_DISPLACEMENT_READOUT = "displacements that are read leave a state that it does not hold"
"""Why a back end of quadratures does not run a `DisplacementReadout`."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of a profile; ``scale`` multiplies every loss in dB and every variance.

    ``layout`` is the text of the program's layout file, on machines that have one.
    """

    profile: Profile
    scale: float = 1.0
    layout: str | None = None

    def placed(self, circuit: Circuit) -> Circuit:
        """Place the noise in a circuit."""
        return machine_of(self.profile).noisy(circuit, self.profile, self.layout, self.scale).circuit


@dataclass(frozen=True, slots=True)
class Settings:
    """What only some back ends use.

    Attributes
    ----------
    cutoff : int
        Fock cutoff.
    threads : int, optional
        Number of threads; None for all processors.
    allow_doubtful : bool
        Whether to answer without asking for the accuracy first, from a back end that ``refuses_doubt``.
    """

    cutoff: int = 8
    threads: int | None = None
    allow_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What is known of a back end's error on a program, beside sampling; ``doubtful``: do not trust the results."""

    text: str
    doubtful: bool


Sampler = Callable[[Circuit, int, np.random.Generator, Settings, Advance | None], Outcomes]


@dataclass(frozen=True, slots=True)
class Backend:
    """One way to sample a program.

    Attributes
    ----------
    name : str
        As ``--backend`` takes it.
    summary, error : str
        What it is for, and what limits its accuracy.
    unable : callable
        ``() -> mapping`` from operation class to the reason why the back end does not run it; all others it does, in
        the circuits that ``refusal`` lets pass.
    refusal : callable
        ``circuit -> reason or None``, as far as that can be told without running it.
    sample : callable
        ``(circuit, shots, rng, settings, progress) -> Outcomes`` of a circuit with its noise in place.
    accuracy : callable
        ``(circuit, settings) -> Accuracy or None``: what is known of its error; may take as long as a run.
    refuses_doubt : bool
        Whether `simulations.backends.registry.run` asks ``accuracy`` first and refuses a program where it is doubtful.
    cost : callable
        ``(circuit, shots) -> text or None``: what a run costs, counted before it; raises InputError if it is too much.
    """

    name: str
    summary: str
    error: str
    unable: Callable[[], Mapping[type[Operation], str]]
    refusal: Callable[[Circuit], str | None]
    sample: Sampler
    accuracy: Callable[[Circuit, Settings], Accuracy | None]
    refuses_doubt: bool = False
    cost: Callable[[Circuit, int], str | None] = lambda circuit, shots: None


def first_unable(unable: Mapping[type[Operation], str], circuit: Circuit) -> str | None:
    """Name the first operation that the back end cannot run, and the reason; return None if it runs them all."""
    return next(
        (f"operation {i} {op}: {unable[type(op)]}" for i, op in enumerate(circuit.operations) if type(op) in unable),
        None,
    )
