r"""Run a circuit on branch states: exact probabilities of strings of bits, the final state, samples of all readouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS
from compiler.typing import Advance, Array
from simulations.branches.cost import MEMORY_ELEMENTS, require_affordable
from simulations.branches.histories import Histories
from simulations.branches.limits import require_runnable
from simulations.branches.play import Register
from simulations.exact.outcomes import Outcomes


def probabilities(circuit: Circuit) -> dict[tuple[int, ...], float]:
    """Compute the exact probability of every string of bits, in the order of ``circuit.results``.

    An outcome is +1 or -1; strings that cannot occur are left out.

    Raises
    ------
    InputError
        If an operation is outside the family, a position is read (its outcomes have a density), a rotation is random,
        or the run exceeds an hour or the memory.

    Examples
    --------
    >>> bits = Circuit(1, (ops.DisplacementReadout((0,), (0.5,), (0.0,), "b"),))
    >>> {string: round(p, 6) for string, p in probabilities(bits).items()}  # (1 +- e^{-1/8}) / 2
    {(1,): 0.941248, (-1,): 0.058752}
    """
    require_runnable(circuit)
    for index, op in enumerate(circuit.operations):
        if isinstance(op, ops.Homodyne):
            raise InputError(f"operation {index} {op}: only bits have probabilities; sample the positions instead")
        if isinstance(op, ops.Dephasing) and op.variance:
            raise InputError(
                f"operation {index} {op}: a random rotation has no exact probabilities here; sample instead"
            )
    require_affordable(circuit, None)
    out: dict[tuple[int, ...], float] = {}
    for histories, index, waiting in _walk(Histories.beginning()):
        if index == len(circuit.operations):
            strings = np.array([histories.results[name] for name in circuit.results]).T.astype(int).tolist()
            out.update(zip(map(tuple, strings or [()]), histories.norms.tolist(), strict=True))
            continue
        op = circuit.operations[index]
        if isinstance(op, ops.DisplacementReadout):
            read = histories.with_register(histories.register.used(op.modes)).read(op)
            kept = read.picked(np.flatnonzero(read.norms))
            parts: Iterator[Histories] = kept.blocks(max(1, MEMORY_ELEMENTS // kept.rows.shape[1]))
        else:
            parts = _played(histories, op, index, None)
        waiting.append((parts, index + 1))
    return dict(sorted(out.items(), reverse=True))


def final(circuit: Circuit) -> Register:
    """Compute the state of a circuit without readouts, normalised: its `Register` has moments and characteristics.

    Raises
    ------
    InputError
        If an operation is outside the family, reads a mode, or rotates it at random.

    Examples
    --------
    >>> import numpy as np
    >>> register = final(Circuit(1, (ops.PrepareCat((0,), 2.0, 0.0, 0.0),)))
    >>> round(float(register.moments((0,))[1][0, 0]), 6)  # 1 + 4 / (1 + e^{-2})
    4.523188
    """
    require_runnable(circuit)
    histories = Histories.beginning()
    for index, op in enumerate(circuit.operations):
        if isinstance(op, MEASUREMENTS) or (isinstance(op, ops.Dephasing) and op.variance):
            raise InputError(f"operation {index} {op}: a final state has no readouts and no random rotations")
        (histories,) = _played(histories, op, index, None)
    return histories.register.with_modes(tuple(range(circuit.modes)))


def sample(circuit: Circuit, shots: int, rng: np.random.Generator, progress: Advance | None = None) -> Outcomes:
    """Sample the readouts of a circuit; modes that nothing prepares start in the vacuum.

    Bits are drawn with their exact conditional probabilities, positions by inversion of their tabulated density.

    Parameters
    ----------
    circuit : Circuit
        With or without noise.
    shots : int
        At least 1.
    rng : numpy.random.Generator
    progress : callable
        Called with the number of shots done.

    Raises
    ------
    InputError
        If an operation is outside the family, a density cannot be tabulated, or the run needs more than an hour or than
        the memory.
    """
    require_runnable(circuit)
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    require_affordable(circuit, shots)
    read = {name: np.empty(shots) for name in circuit.results}
    last = max((i for i, op in enumerate(circuit.operations) if isinstance(op, MEASUREMENTS)), default=-1)
    done = 0
    for histories, index, waiting in _walk(Histories.beginning(shots)):
        if index > last:
            for name, values in histories.results.items():
                read[name][histories.shots] = values[histories.owner]
            done += len(histories.shots)
            if progress is not None:
                progress(done)
            continue
        op = circuit.operations[index]
        if isinstance(op, ops.DisplacementReadout):
            parts = _bits(histories, op, rng, last=index == last, read=read)
        elif isinstance(op, ops.Homodyne):
            parts = _positions(histories, op, rng, last=index == last, read=read)
        else:
            parts = _played(histories, op, index, rng)
        waiting.append((parts, index + 1))
    return Outcomes(read)


Waiting = list[tuple[Iterator[Histories], int]]


def _walk(start: Histories) -> Iterator[tuple[Histories, int, Waiting]]:
    """Yield histories and the index of their next operation, depth first; the caller appends later ones to the list."""
    waiting: Waiting = [(iter([start]), 0)]
    while waiting:
        parts, index = waiting[-1]
        part = next(parts, None)
        if part is None:
            waiting.pop()
        else:
            yield part, index, waiting


def _played(
    histories: Histories, op: ops.Operation, index: int, rng: np.random.Generator | None
) -> Iterator[Histories]:
    """Yield the parts after an operation that is no readout."""
    if not isinstance(op, ops.PostSelect):
        yield from histories.played(op, rng)
        return
    found = histories.with_register(histories.register.used(op.modes).facing(op)).found(op, op.value)
    if not found.norms[0] > 0.0:
        raise InputError(f"operation {index} {op}: the value has probability density 0; select a likely value")
    yield found


def _bits(
    histories: Histories,
    op: ops.DisplacementReadout,
    rng: np.random.Generator,
    *,
    last: bool,
    read: dict[str, Array],
) -> Iterator[Histories]:
    """Draw the bit of every shot; parts in which the state after it is known, if another readout follows."""
    histories = histories.with_register(histories.register.with_modes(op.modes))
    if last:
        plus = 0.5 + 0.5 * histories.bits_alone(op)
        read[op.result][histories.shots] = np.where(rng.uniform(size=len(plus)) < plus, 1.0, -1.0)
        yield histories
        return
    histories = histories.with_register(histories.register.used(op.modes))
    turned = any(mode in histories.turns for mode in op.modes)
    for part in histories.singles(op.modes) if turned else iter([histories]):
        after = part.read(op)
        plus = after.norms[: len(part)] / (after.norms[: len(part)] + after.norms[len(part) :])
        minus = rng.uniform(size=len(part.shots)) >= plus[part.owner]
        after = replace(after, owner=part.owner + len(part) * minus)
        after = after.picked(np.unique(after.owner))
        yield from after.blocks(max(1, MEMORY_ELEMENTS // after.rows.shape[1]))


def _positions(
    histories: Histories, op: ops.Homodyne, rng: np.random.Generator, *, last: bool, read: dict[str, Array]
) -> Iterator[Histories]:
    """Draw the position of every shot; one part for every shot, if another readout follows."""
    histories = histories.with_register(histories.register.used(op.modes))
    for part in _faced(histories, op):
        drawn = part.drawn(op, 0, rng)
        if last:
            read[op.result][part.shots] = drawn
            yield part
            continue
        for shot, one in enumerate(part.singles(())):
            found = one.found(op, float(drawn[shot]))
            yield replace(found, results={**found.results, op.result: drawn[shot : shot + 1]})


def _faced(histories: Histories, op: ops.Homodyne) -> Iterator[Histories]:
    """Yield the parts of one history each, in which the quadrature is a position where the phase allows it."""
    turned = op.modes[0] in histories.turns
    for part in histories.singles(op.modes) if turned else iter([histories]):
        facing = part.with_register(part.register.facing(op))
        yield from (facing.picked(np.array([history])) for history in range(len(facing)))
