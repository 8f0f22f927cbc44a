"""Strawberry Fields as a second witness: Gaussian programs on its Gaussian back end, others in a truncated Fock basis.

The Fock back end needs ``cutoff^n`` amplitudes without loss and ``cutoff^(2n)`` matrix elements with it, and its cubic
gate is the exponential of a truncated matrix: moments converge slowly with the cutoff while the trace stays near 1.
Judge a cutoff by the moments (`moments` at two cutoffs), never by the trace.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.circuit import Circuit
from compiler.errors import InputError
from compiler.exports.strawberryfields import strawberryfields, to_strawberryfields
from compiler.operations import Homodyne, Loss, Operation, PrepareSqueezed, PrepareVacuum, Squeeze

MEMORY_BYTES = 8e9
"""Largest Fock state that is attempted."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Mean and variance of one readout, and the trace of the truncated state."""

    name: str
    mean: float
    variance: float
    trace: float


def is_gaussian(circuit: Circuit) -> bool:
    """Whether every operation is Gaussian."""
    return all(op.gaussian for op in circuit.operations)


def moments(circuit: Circuit, cutoff: int) -> tuple[Moment, ...]:
    """Mean and variance of every readout, from one run without sampling.

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
    reads = [op for op in circuit.operations if isinstance(op, Homodyne)]
    first = next((i for i, op in enumerate(circuit.operations) if isinstance(op, Homodyne)), len(circuit.operations))
    if len(circuit.operations) - first != len(reads):
        raise InputError("moments from Strawberry Fields need all readouts at the end of the circuit; sample instead")
    body = _from_vacuum(circuit.with_operations(circuit.operations[:first]))
    state = _engine(body, cutoff).run(to_strawberryfields(body)).state
    trace = 1.0 if is_gaussian(body) else float(np.real(state.trace()))
    out = []
    for op in reads:
        mean, variance = _quadrature(state, op.modes[0], op.angle)
        out.append(Moment(op.result, mean, variance, trace))
    return tuple(out)


def sample(
    circuit: Circuit, shots: int, seed: int, cutoff: int, progress: Callable[[int], None] | None = None
) -> dict[str, NDArray[np.float64]]:
    """Outcomes of every readout, one engine run a shot (Strawberry Fields has no faster way).

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
    np.random.seed(seed)
    circuit = _from_vacuum(circuit)
    program = to_strawberryfields(circuit)
    order = [(op.modes[0], op.result) for op in circuit.operations if isinstance(op, Homodyne)]
    out: dict[str, list[float]] = {name: [] for _, name in order}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for shot in range(shots):
            found = _engine(circuit, cutoff).run(program).samples_dict
            taken: dict[int, int] = {}
            for mode, name in order:
                at = taken.get(mode, 0)
                taken[mode] = at + 1
                out[name].append(float(np.real(np.ravel(found[mode][at])[0])))
            if progress is not None:
                progress(shot + 1)
    return {name: np.array(values) for name, values in out.items()}


def _engine(circuit: Circuit, cutoff: int) -> Any:
    sf = strawberryfields()
    if is_gaussian(circuit):
        return sf.Engine("gaussian")
    if cutoff < 2:
        raise InputError(f"the Fock cutoff must be at least 2, found {cutoff}")
    mixed = any(isinstance(op, Loss | Homodyne | PrepareSqueezed | PrepareVacuum) for op in circuit.operations)
    size = 16.0 * float(cutoff) ** (circuit.modes * (2 if mixed else 1))
    if size > MEMORY_BYTES:
        raise InputError(
            f"{circuit.modes} modes at cutoff {cutoff} need {size / 1e9:.3g} GB in the Fock basis, more than "
            f"{MEMORY_BYTES / 1e9:g} GB; lower the cutoff, simulate fewer modes, or use --backend exact"
        )
    return sf.Engine("fock", backend_options={"cutoff_dim": cutoff})


def _quadrature(state: Any, mode: int, angle: float) -> tuple[float, float]:
    mean, variance = state.quad_expectation(mode, angle)
    return float(np.real(mean)), float(np.real(variance))


def _from_vacuum(circuit: Circuit) -> Circuit:
    """Preparations of untouched modes as gates on the vacuum: a preparation would make the Fock state a mixed one."""
    touched: set[int] = set()
    out: list[Operation] = []
    for op in circuit.operations:
        if isinstance(op, PrepareSqueezed) and op.modes[0] not in touched:
            out.append(Squeeze(op.modes, op.r))
        elif not (isinstance(op, PrepareVacuum) and op.modes[0] not in touched):
            out.append(op)
        touched.update(op.modes)
    return circuit.with_operations(tuple(out))
