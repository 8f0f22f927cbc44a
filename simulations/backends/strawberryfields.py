"""Strawberry Fields as a second witness: Gaussian programs on its Gaussian back end, others in a truncated Fock basis.

The Fock back end needs ``cutoff^n`` amplitudes without loss and ``cutoff^(2n)`` matrix elements with it, and its cubic
gate is the exponential of a truncated matrix: moments converge slowly with the cutoff while the trace stays near 1.
Judge a cutoff by the moments (`moments` at two cutoffs), never by the trace.
"""

from __future__ import annotations

import warnings
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.exports.strawberryfields.program import EMIT, strawberryfields, to_strawberryfields
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    ENDS,
    MEASUREMENTS,
    PREPARATIONS,
    Homodyne,
    Loss,
    Operation,
    PhotonCount,
    PrepareCat,
    PrepareDensity,
    PrepareFock,
    PrepareGKP,
    PrepareKet,
    ThermalLoss,
)
from compiler.typing import Advance
from simulations.backends.backend import Accuracy, Backend, Settings
from simulations.backends.fock_engine import quick_fock
from simulations.backends.readouts import MEMORY_BYTES, Moment, _from_vacuum, split_reads
from simulations.exact.moments import NoClosedFormError
from simulations.exact.moments import moments as closed_form
from simulations.exact.outcomes import Outcomes

BOSONIC_STATES = (PrepareGKP, PrepareCat, PrepareFock)
"""States that the bosonic engine holds as sums of Gaussian states."""


def is_gaussian(circuit: Circuit) -> bool:
    """Tell whether every operation is Gaussian."""
    return all(op.gaussian for op in circuit.operations)


def engine_name(circuit: Circuit) -> str:
    """Return the name of the engine of Strawberry Fields that runs a circuit: ``gaussian``, ``bosonic`` or ``fock``.

    Only the bosonic engine holds GKP states; it holds sums of Gaussian states, and so also supports Gaussian
    operations, cat states and Fock states. Photons of Gaussian states are counted by the Gaussian engine.

    >>> from compiler.ir.operations import PhotonCount, PrepareGKP
    >>> engine_name(Circuit(1, (PhotonCount((0,), "n"),))), engine_name(Circuit(1, (PrepareGKP((0,), 0.0, 0.0, 0.1),)))
    ('gaussian', 'bosonic')
    """
    if all(op.gaussian or isinstance(op, PhotonCount) for op in circuit.operations):
        return "gaussian"
    return "bosonic" if any(isinstance(op, PrepareGKP) for op in circuit.operations) else "fock"


def refusal(circuit: Circuit) -> str | None:
    """Return the first reason why a circuit has no Strawberry Fields form that its back ends run, or None.

    >>> from compiler.ir.operations import Dephasing
    >>> refusal(Circuit(1, (Dephasing((0,), 0.1),)))
    'operation 0 Dephasing(mode 0): there is no channel of random rotations'
    """
    if circuit.symbols:
        return f"symbols {list(circuit.symbols)} need values before the circuit is run; bind them"
    engine = engine_name(circuit)
    for index, op in enumerate(circuit.operations):
        if isinstance(emit := EMIT[type(op)], str):
            return f"operation {index} {op}: {emit}"
        if engine == "bosonic" and not (op.gaussian or isinstance(op, BOSONIC_STATES)):
            return f"operation {index} {op}: GKP states need the bosonic engine, which does not run it"
        if isinstance(op, ThermalLoss) and engine == "fock":
            return f"operation {index} {op}: the Fock back end has no thermal loss"
        if isinstance(op, ThermalLoss) and circuit.modes > 1:
            return f"operation {index} {op}: the Gaussian back end (0.23) adds thermal noise to every mode, not one"
    return None


def moments(circuit: Circuit, cutoff: int) -> tuple[Moment, ...]:
    """Return the mean and variance of every readout, from one run without sampling.

    Parameters
    ----------
    circuit : Circuit
        Native; its readouts come last, and each moment is that of the quadrature before any of them.
    cutoff : int
        Fock states per mode; not used for Gaussian circuits.

    Raises
    ------
    InputError
        If an operation follows a readout, or the Fock state would not fit in memory.
    """
    if (split := split_reads(circuit)) is None:
        raise InputError("moments from Strawberry Fields need all readouts at the end of the circuit; sample instead")
    body, reads = split
    state = _state(body, cutoff)
    trace = float(np.real(state.trace())) if engine_name(body) == "fock" else 1.0
    return tuple(Moment(op.result, *_quadrature(state, op.modes[0], op.angle), trace) for op in reads)


def single_modes(circuit: Circuit, cutoff: int) -> dict[str, tuple[Homodyne, NDArray[np.complex128]]]:
    """Return each readout of a circuit whose readouts can stand at the end, with its mode's density matrix (c, c).

    Raises
    ------
    InputError
        If a readout cannot move to the end, or the Fock state would not fit in memory.
    """
    if (split := split_reads(circuit)) is None:
        raise InputError("a final state in Strawberry Fields needs readouts that can stand at the end of the circuit")
    body, reads = split
    state = _state(body, cutoff, fock=True)
    return {op.result: (op, _reduced(state, op.modes[0])) for op in reads}


def _reduced(state: Any, mode: int) -> NDArray[np.complex128]:
    """Density matrix (c, c) of one mode; Strawberry Fields would write out that of all modes, also of a ket."""
    if not state.is_pure:
        return np.asarray(state.reduced_dm(mode))
    ket = np.moveaxis(np.asarray(state.ket()), mode, 0)
    rows = ket.reshape(len(ket), -1)
    return np.asarray(rows @ rows.conj().T)


def drift(circuit: Circuit, cutoff: int) -> float | None:
    """Largest change of a readout's mean or standard deviation from ``cutoff - 2`` to ``cutoff``, in deviations.

    The trace says nothing about a truncated cubic gate; a change beyond a few percent says that the cutoff is too low.
    None where there is no cutoff (`engine_name`), and where a readout cannot be put off to the end.
    """
    if engine_name(circuit) != "fock" or split_reads(circuit) is None or cutoff < 4:
        return None
    low, high = moments(circuit, cutoff - 2), moments(circuit, cutoff)
    return max(
        (
            max(abs(a.mean - b.mean), abs(sqrt(a.variance) - sqrt(b.variance))) / sqrt(b.variance)
            for a, b in zip(low, high, strict=True)
        ),
        default=0.0,
    )


def sample(
    circuit: Circuit, shots: int, seed: int, cutoff: int, progress: Advance | None = None
) -> dict[str, NDArray[np.float64]]:
    """Return the outcomes of every readout.

    The engine runs once per shot, as Strawberry Fields has no faster way; but where the state is Gaussian and all
    readouts can stand at the end, one run gives its mean and covariance, and all shots are drawn from these.

    Parameters
    ----------
    circuit : Circuit
        Native, with or without loss.
    shots : int
    seed : int
        Seed of numpy's global generator, which Strawberry Fields draws from.
    cutoff : int
        Fock states per mode; not used for Gaussian circuits.
    progress : callable
        Called with the number of shots done.
    """
    if is_gaussian(circuit) and (split := split_reads(circuit)) is not None:
        return _sample_gaussian(*split, shots, seed)
    np.random.seed(seed)
    circuit = _padded(_from_vacuum(circuit), cutoff)
    require_fits(circuit, cutoff)
    program = to_strawberryfields(circuit)
    order = [
        (op.modes[0], op.result if isinstance(op, MEASUREMENTS) else "")
        for op in circuit.operations
        if isinstance(op, ENDS)
    ]
    out: dict[str, list[float]] = {name: [] for _, name in order if name}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for shot in range(shots):
            found = _engine(circuit, cutoff).run(program).samples_dict
            taken: dict[int, int] = {}
            for mode, name in order:
                at = taken.get(mode, 0)
                taken[mode] = at + 1
                if name:
                    out[name].append(float(np.real(np.ravel(found[mode][at])[0])))
            if progress is not None:
                progress(shot + 1)
    return {name: np.array(values) for name, values in out.items()}


def _sample_gaussian(
    body: Circuit, reads: tuple[Homodyne, ...], shots: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    state = _state(body, 0)
    rows = np.zeros((len(reads), 2 * body.modes))
    for row, op in zip(rows, reads, strict=True):
        row[op.modes[0]], row[body.modes + op.modes[0]] = np.cos(op.angle), np.sin(op.angle)
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_normal(rows @ state.means(), rows @ state.cov() @ rows.T, size=shots)  # (shots, readouts)
    return {op.result: drawn[:, i] for i, op in enumerate(reads)}


def require_fits(circuit: Circuit, cutoff: int) -> None:
    """Raise InputError if a Fock simulation of a non-Gaussian circuit would not fit in memory."""
    if engine_name(circuit) != "fock":
        return
    if cutoff < 2:
        raise InputError(f"the Fock cutoff must be at least 2, found {cutoff}")
    mixed = any(isinstance(op, (*PREPARATIONS, *ENDS, Loss)) for op in circuit.operations)
    size = 16.0 * float(cutoff) ** (circuit.modes * (2 if mixed else 1))
    if size > MEMORY_BYTES:
        raise InputError(
            f"{circuit.modes} modes at cutoff {cutoff} need {size / 1e9:.3g} GB in the Fock basis, more than "
            f"{MEMORY_BYTES / 1e9:g} GB; lower the cutoff, simulate fewer modes, or use --backend exact"
        )


def _engine(circuit: Circuit, cutoff: int, fock: bool = False) -> Any:
    require_fits(circuit, cutoff)
    sf = strawberryfields()
    if not fock and (name := engine_name(circuit)) != "fock":
        return sf.Engine(name)
    return sf.Engine(quick_fock(), backend_options={"cutoff_dim": cutoff})


def _state(body: Circuit, cutoff: int, fock: bool = False) -> Any:
    """Return the final state of a circuit without readouts."""
    engine = _engine(body, cutoff, fock)
    program = to_strawberryfields(_padded(body, cutoff))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Strawberry Fields warns about modes that do not interact
        return engine.run(program).state


def _padded(circuit: Circuit, cutoff: int) -> Circuit:
    """Return the circuit with kets and density matrices at the cutoff of the engine, which takes no other.

    Raises
    ------
    InputError
        If a state does not fit below the cutoff.
    """
    out: list[Operation] = []
    fock = engine_name(circuit) == "fock"
    for op in circuit.operations:
        least = op.cutoff if isinstance(op, PrepareKet | PrepareDensity) else 0
        if isinstance(op, PrepareFock) and fock:
            least = op.n + 1
        if least > cutoff:
            raise InputError(f"{op}: the state needs a Fock cutoff of at least {least}, found {cutoff}; raise it")
        if isinstance(op, PrepareKet | PrepareDensity) and op.cutoff != cutoff:
            axes = len(op.modes) * (1 if isinstance(op, PrepareKet) else 2)
            given = op.amplitudes if isinstance(op, PrepareKet) else op.elements
            wide = np.pad(np.reshape(given, (op.cutoff,) * axes), (0, cutoff - op.cutoff)).ravel()
            out.append(type(op)(op.modes, cutoff, tuple(wide.tolist())))
        else:
            out.append(op)
    return circuit.with_operations(tuple(out))


def _quadrature(state: Any, mode: int, angle: float) -> tuple[float, float]:
    mean, variance = state.quad_expectation(mode, angle)
    return float(np.real(mean)), float(np.real(variance))


def _sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Advance | None
) -> Outcomes:
    return Outcomes(sample(circuit, shots, int(rng.integers(2**32)), settings.cutoff, progress))


DOUBTFUL_SHARE = 0.02
"""Share of a variance or deviation beyond which an error, or a change with the cutoff, gives a warning."""


def accuracy(circuit: Circuit, settings: Settings) -> Accuracy | None:
    """Compare moments at the cutoff with exact ones, or with those at a lower cutoff; None where there is no cutoff."""
    if engine_name(circuit) != "fock":
        return None
    cutoff = settings.cutoff
    if split_reads(circuit) is None:
        reason = "an operation uses a readout or follows it, counts photons or chooses an outcome"
        return Accuracy(f"the Fock cutoff {cutoff} was not checked: {reason}", True)
    try:
        exact = closed_form(circuit)
    except NoClosedFormError:
        change = drift(circuit, cutoff)
        if change is None:
            return Accuracy(f"the Fock cutoff {cutoff} was not checked: it is below 4; raise --cutoff", True)
        text = f"from cutoff {cutoff - 2} to {cutoff} a readout moves by {change:.2g} standard deviations"
        return Accuracy(text, change > DOUBTFUL_SHARE)
    errors = {m.name: m.variance / exact.of(m.name)[1] - 1.0 for m in moments(circuit, cutoff)}
    name, error = max(errors.items(), key=lambda item: abs(item[1]), default=("", 0.0))
    doubtful = abs(error) > DOUBTFUL_SHARE
    side = "below" if error < 0.0 else "above"
    text = f"at cutoff {cutoff} the variance of {name} is {100.0 * abs(error):.2g} % {side} its exact value"
    return Accuracy(text + ("; raise --cutoff or use --backend exact" if doubtful else ""), doubtful)


BACKEND = Backend(
    "strawberryfields",
    "Gaussian programs on its Gaussian engine, GKP states on its bosonic one, others in a Fock basis of few modes",
    "the Fock cutoff, which its trace does not show; sampling",
    lambda: {kind: emit for kind, emit in EMIT.items() if isinstance(emit, str)},
    refusal,
    _sample,
    accuracy,
)
