"""All back ends behind one interface, ``run(program, shots, noise, rng) -> Outcomes``, and what each can run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import NOISE, OPERATIONS, Kerr, Operation
from compiler.machines import machine_of
from hardware_profiles.schema import Profile
from simulations.exact.outcomes import Outcomes

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of a profile; ``scale`` multiplies every loss in dB and every variance.

    ``layout`` is the text of the program's layout file, on machines that have one.
    """

    profile: Profile
    scale: float = 1.0
    layout: str | None = None

    def placed(self, circuit: Circuit) -> Circuit:
        """The circuit with the noise in place."""
        return machine_of(self.profile).noisy(circuit, self.profile, self.layout, self.scale).circuit


@dataclass(frozen=True, slots=True)
class Settings:
    """What only some back ends use: the Fock cutoff, and the number of threads (None: all processors)."""

    cutoff: int = 8
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What is known of a back end's error on a program, beside sampling; ``doubtful``: do not trust the results."""

    text: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Backend:
    """One way to sample a program.

    Attributes
    ----------
    name, summary, error : str
        What it is called, what it is for, and what limits its accuracy.
    unable : mapping from operation class to str
        Operations that it does not run, and why; all others it does, in the circuits that ``refusal`` lets pass.
    refusal : callable
        ``circuit -> reason or None``, as far as that can be told without running it.
    sample : callable
        ``(circuit, shots, rng, settings, progress) -> Outcomes`` of a circuit with its noise in place.
    accuracy : callable
        ``(circuit, settings) -> Accuracy or None``: what is known of its error; may take as long as a run.
    """

    name: str
    summary: str
    error: str
    unable: Callable[[], Mapping[type[Operation], str]]
    refusal: Callable[[Circuit], str | None]
    sample: Callable[[Circuit, int, np.random.Generator, Settings, Progress | None], Outcomes]
    accuracy: Callable[[Circuit, Settings], Accuracy | None]


def run(
    program: Circuit,
    shots: int,
    noise: Noise | None,
    rng: np.random.Generator,
    backend: str = "exact",
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> Outcomes:
    """Sample the readouts of a program.

    Parameters
    ----------
    program : Circuit
        Logical or native.
    shots : int
        At least 1.
    noise : Noise, optional
        Placed before the program is run.
    rng : numpy.random.Generator
    backend : str
        A name of `BACKENDS`.
    settings : Settings
    progress : callable
        Called with the number of shots done.

    Raises
    ------
    InputError
        If the back end is unknown or cannot run the program.

    Examples
    --------
    >>> from compiler.ir.operations import Homodyne
    >>> vacuum = Circuit(1, (Homodyne((0,), 0.0, "x"),))
    >>> run(vacuum, 3, None, np.random.default_rng(0)).results["x"].shape
    (3,)
    """
    if backend not in BACKENDS:
        raise InputError(f"--backend must be one of {', '.join(BACKENDS)}, found {backend!r}")
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    circuit = program if noise is None else noise.placed(program)
    chosen = BACKENDS[backend]
    if reason := chosen.refusal(circuit):
        others = " or ".join(name for name in ("exact", "grid") if name != backend)
        raise InputError(f"the {backend} back end cannot run this program: {reason}; try --backend {others}")
    return chosen.sample(circuit, shots, rng, settings, progress)


def capabilities() -> dict[str, dict[str, str]]:
    """For every back end, every operation by name: empty if it runs it, or why it does not."""
    return {
        name: {known: backend.unable().get(kind, "") for known, kind in OPERATIONS.items()}
        for name, backend in BACKENDS.items()
    }


def described() -> dict[str, dict[str, Any]]:
    """For every back end as plain data: what it is for, what limits its accuracy, what it does not run and why."""
    return {
        name: {
            "for": BACKENDS[name].summary,
            "error": BACKENDS[name].error,
            "unable": {operation: why for operation, why in row.items() if why},
        }
        for name, row in capabilities().items()
    }


# --- the back ends; heavy packages are imported when one is used ------------------------------------------------------


def _nothing(circuit: Circuit, settings: Settings) -> Accuracy | None:
    return None


def _first_unable(name: str, circuit: Circuit) -> str | None:
    unable = BACKENDS[name].unable()
    return next(
        (f"operation {i} {op}: {unable[type(op)]}" for i, op in enumerate(circuit.operations) if type(op) in unable),
        None,
    )


def _exact_sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Progress | None
) -> Outcomes:
    from simulations.exact import simulate

    return simulate(circuit, shots, rng, progress=progress, threads=settings.threads)


def _grid_sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Progress | None
) -> Outcomes:
    from simulations import grid

    return grid.sample(circuit, shots, rng, progress)


GRID_DOUBT = 0.01
"""A change of outcomes on finer grids beyond this, in standard deviations, is warned of."""


def _grid_accuracy(circuit: Circuit, settings: Settings) -> Accuracy:
    from simulations import grid

    change = grid.sampling_error(circuit, seed=0)
    return Accuracy(f"finer grids change outcomes by up to {change:.1g} standard deviations", change > GRID_DOUBT)


def _strawberryfields_unable() -> Mapping[type[Operation], str]:
    from compiler.exports.strawberryfields.program import EMIT

    return {kind: emit for kind, emit in EMIT.items() if isinstance(emit, str)}


def _strawberryfields_refusal(circuit: Circuit) -> str | None:
    from simulations.backends.strawberryfields import refusal

    return refusal(circuit)


def _strawberryfields_sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Progress | None
) -> Outcomes:
    from simulations.backends.strawberryfields import sample

    return Outcomes(sample(circuit, shots, int(rng.integers(2**32)), settings.cutoff, progress))


CUTOFF_DOUBT = 0.02
"""An error, or a change with the cutoff, beyond this share of a variance or of a deviation is warned of."""


def _strawberryfields_accuracy(circuit: Circuit, settings: Settings) -> Accuracy | None:
    from simulations.backends.readouts import split_reads
    from simulations.backends.strawberryfields import drift, is_gaussian, moments
    from simulations.exact.moments import NoClosedFormError
    from simulations.exact.moments import moments as closed_form

    if is_gaussian(circuit):
        return None
    cutoff = settings.cutoff
    if split_reads(circuit) is None:
        return Accuracy(f"the Fock cutoff {cutoff} was not checked: an operation uses a readout or follows it", True)
    try:
        exact = closed_form(circuit)
    except NoClosedFormError:
        change = drift(circuit, cutoff)
        if change is None:
            return Accuracy(f"the Fock cutoff {cutoff} was not checked: it is below 4; raise --cutoff", True)
        text = f"from cutoff {cutoff - 2} to {cutoff} a readout moves by {change:.2g} standard deviations"
        return Accuracy(text, change > CUTOFF_DOUBT)
    errors = {m.name: m.variance / exact.of(m.name)[1] - 1.0 for m in moments(circuit, cutoff)}
    name, error = max(errors.items(), key=lambda item: abs(item[1]), default=("", 0.0))
    doubtful = abs(error) > CUTOFF_DOUBT
    side = "below" if error < 0.0 else "above"
    text = f"at cutoff {cutoff} the variance of {name} is {100.0 * abs(error):.2g} % {side} its exact value"
    return Accuracy(text + ("; raise --cutoff or use --backend exact" if doubtful else ""), doubtful)


def _mrmustard_unable() -> Mapping[type[Operation], str]:
    from simulations.backends.mrmustard import EMIT

    # gates that it lacks come to it as kets from the grid; noise cannot
    return {kind: emit for kind, emit in EMIT.items() if isinstance(emit, str) and kind in NOISE}


def _mrmustard_refusal(circuit: Circuit) -> str | None:
    from simulations.backends.handover import split_final_loss
    from simulations.backends.mrmustard import refusal

    if reason := _first_unable("mrmustard", circuit):
        return reason
    if all(op.gaussian for op in circuit.operations):
        return refusal(circuit)
    split = split_final_loss(circuit)
    if isinstance(split, str):
        return f"it takes non-Gaussian states as kets from the grid, and {split}"
    if len(split.reads) > 1:
        return "it samples one readout of a non-Gaussian state, not the joint law of several"
    return None


def _mrmustard_sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Progress | None
) -> Outcomes:
    from simulations.backends.fock import quadrature_quantiles
    from simulations.backends.handover import single_modes
    from simulations.backends.mrmustard import sample

    if all(op.gaussian for op in circuit.operations):
        return Outcomes(sample(circuit, shots, rng))
    return Outcomes(
        {
            name: quadrature_quantiles(rho, op.angle)(rng.random(shots))
            for name, (op, rho) in single_modes(circuit, settings.cutoff).items()
        }
    )


KEPT_DOUBT = 0.999
"""A ket that holds less of the state than this is warned of."""


def _mrmustard_accuracy(circuit: Circuit, settings: Settings) -> Accuracy | None:
    from simulations.backends.handover import single_modes

    if all(op.gaussian for op in circuit.operations):
        return None
    kept = min(float(np.trace(rho).real) for _, rho in single_modes(circuit, settings.cutoff).values())
    doubtful = kept < KEPT_DOUBT
    text = f"the Fock cutoff {settings.cutoff} keeps {kept:.4f} of the state"
    return Accuracy(text + ("; raise --cutoff" if doubtful else ""), doubtful)


BACKENDS: dict[str, Backend] = {
    "exact": Backend(
        "exact",
        "polynomial phases, Gaussian gates, noise and feed-forward, any number of modes, no cutoff",
        "sampling only; moments are exact where they have a closed form",
        lambda: {Kerr: "a Kerr gate is not a phase polynomial"},
        lambda circuit: _first_unable("exact", circuit),
        _exact_sample,
        _nothing,
    ),
    "grid": Backend(
        "grid",
        "every operation, up to about four modes at a time at moderate squeezing (r near 0.5)",
        "grids of finite size and step, measured on finer grids; sampling",
        dict,
        lambda circuit: None,
        _grid_sample,
        _grid_accuracy,
    ),
    "strawberryfields": Backend(
        "strawberryfields",
        "Gaussian programs on its Gaussian back end, others in a truncated Fock basis of few modes",
        "the Fock cutoff, which its trace does not show; sampling",
        _strawberryfields_unable,
        _strawberryfields_refusal,
        _strawberryfields_sample,
        _strawberryfields_accuracy,
    ),
    "mrmustard": Backend(
        "mrmustard",
        "Gaussian programs; pure non-Gaussian states with final loss, handed over from the grid as Fock amplitudes",
        "none for Gaussian programs; the Fock cutoff for others; sampling",
        _mrmustard_unable,
        _mrmustard_refusal,
        _mrmustard_sample,
        _mrmustard_accuracy,
    ),
}
"""Every back end, by the name that ``khrnn simulate --backend`` takes."""
