"""Define a back end: one way to sample a circuit, the operations that it cannot run, and its known error.

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

NO_CHOICE = "outcomes are drawn and cannot be chosen; read the mode and keep the shots near the value"
"""Why a back end that samples does not run a `PostSelect`."""

NO_DISPLACEMENT_READOUT = "a displacement readout leaves a state that this back end cannot hold"
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
    """Settings that only some back ends use.

    Attributes
    ----------
    cutoff : int
        Fock cutoff.
    threads : int, optional
        Number of threads; None for all processors.
    allow_doubtful : bool
        Whether a back end that ``refuses_doubt`` answers without a check of its accuracy.
    """

    cutoff: int = 8
    threads: int | None = None
    allow_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A back end's known error on a program, beside sampling; ``doubtful`` results should not be trusted."""

    text: str
    doubtful: bool


Sampler = Callable[[Circuit, int, np.random.Generator, Settings, Advance | None], Outcomes]


@dataclass(frozen=True, slots=True)
class Backend:
    """One way to sample a program.

    Attributes
    ----------
    name : str
        Name that ``--backend`` takes.
    summary, error : str
        Purpose of the back end, and the limit of its accuracy.
    unable : callable
        ``() -> mapping`` from operation class to the reason why the back end does not run it. It runs all others, in
        circuits that ``refusal`` accepts.
    refusal : callable
        ``circuit -> reason or None``: why the circuit cannot run, as far as this is known without running it.
    sample : callable
        ``(circuit, shots, rng, settings, progress) -> Outcomes`` of a circuit with its noise in place.
    accuracy : callable
        ``(circuit, settings) -> Accuracy or None``: the known error; this may take as long as a run.
    refuses_doubt : bool
        Whether `simulations.backends.registry.run` asks ``accuracy`` first and refuses a program where it is doubtful.
    cost : callable
        ``(circuit, shots) -> text or None``: the cost of a run, counted before it; raises InputError if it is too high.
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
