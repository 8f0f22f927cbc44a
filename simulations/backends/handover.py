"""Hand non-Gaussian states from the position grid to MrMustard, as Fock amplitudes, with the loss that comes last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import NOISE, PREPARATIONS, Homodyne, Loss, Operation
from simulations import grid
from simulations.backends.mrmustard import lossy_modes_of_ket
from simulations.backends.readouts import split_reads
from simulations.grid.wave import Wave

MAX_KET = 1 << 24
"""Largest number of Fock amplitudes: 0.25 GB."""


@dataclass(frozen=True, slots=True)
class SplitCircuit:
    """A circuit as a pure state, transmissions of the loss at its end, and readouts."""

    body: Circuit
    etas: tuple[float, ...]
    reads: tuple[Homodyne, ...]


def split_final_loss(circuit: Circuit) -> SplitCircuit | str:
    """Return a circuit's pure part, the loss after it, and its readouts; or the reason why it lacks this form.

    >>> from compiler.ir.operations import CubicPhase
    >>> lossy = (CubicPhase((0,), 0.1), Loss((0,), 0.9), Homodyne((0,), 0.0, "x"))
    >>> split_final_loss(Circuit(1, lossy)).etas
    (0.9,)
    """
    if (split := split_reads(circuit)) is None:
        return "an operation depends on a readout or follows one on its mode"
    body, reads = split
    touched: set[int] = set()
    for op in body.operations:
        if isinstance(op, PREPARATIONS) and not touched.isdisjoint(op.modes):
            return f"{op} discards a mode in use and leaves a mixture, but a ket must be pure"
        touched.update(op.modes)
    etas = [1.0] * circuit.modes
    kept: list[Operation] = []
    ended: set[int] = set()
    for op in reversed(body.operations):
        if isinstance(op, Loss) and op.modes[0] not in ended:
            etas[op.modes[0]] *= op.eta
        elif isinstance(op, NOISE):
            place = "is noise before the last gate of its mode" if op.modes[0] in ended else "is not pure loss"
            return f"{op} {place}, but a ket must be pure"
        else:
            kept.append(op)
            ended.update(op.modes)
    return SplitCircuit(body.with_operations(tuple(kept[::-1])), tuple(etas), reads)


def ket(body: Circuit, cutoff: int) -> NDArray[np.complex128]:
    """Return the Fock amplitudes, shape (cutoff,) * modes, of a circuit's final state from the grid.

    Raises
    ------
    InputError
        If the ket or the grids do not fit in memory.
    """
    if not cutoff >= 2 or cutoff**body.modes > MAX_KET:
        raise InputError(
            f"a ket of {body.modes} modes at cutoff {cutoff} must have 2 to {MAX_KET:,} amplitudes; change the cutoff"
        )
    return _wave(body).fock((cutoff,) * body.modes)


@lru_cache(maxsize=1)
def _wave(body: Circuit) -> Wave:
    return grid.final_wave(body)  # several cutoffs are asked of one wave


def single_modes(circuit: Circuit, cutoff: int) -> dict[str, tuple[Homodyne, NDArray[np.complex128]]]:
    """Return each readout with its mode's density matrix (c, c) after MrMustard's loss on the grid's ket.

    Raises
    ------
    InputError
        If the circuit lacks this form (`split_final_loss`), or an array does not fit in memory.
    """
    split = split_final_loss(circuit)
    if isinstance(split, str):
        raise InputError(f"MrMustard takes a pure state with loss at its end: {split}")
    lossy = lossy_modes_of_ket(ket(split.body, cutoff), split.etas, [op.modes[0] for op in split.reads])
    return {op.result: (op, lossy[op.modes[0]]) for op in split.reads}
