r"""Circuits that are equal because the states that they prepare are: passive gates on the vacuum do nothing.

Every squeezed state is a gate on the vacuum, so a circuit with k prepared modes is a map phi of k vacua and of its
inputs. Passive transformations V of the vacua (rotations, beamsplitters, interferometers: the unitaries U(k), acting on
``x + i p``) do not change them. Two circuits are therefore equal if
``phi_left(z, inputs) = phi_right(V z, inputs)`` for one V and all points z. This is sufficient, whatever V is. It
covers gates on states that they do not change, and states that are prepared in another order, by other gates or on
other modes.

V is found from derivatives: at z = 0, which V does not move, every output of the left circuit has a gradient c in the
complex coordinates of z, and ``c_left = c_right V``. The unitary nearest to solving this for all outputs, at a few
random inputs, is a polar factor (the Procrustes problem: P. H. Schoenemann, Psychometrika 31, 1 (1966)). Then the two
maps are compared at random points. Exponents of displacements that are read are known up to their sign only, and
taken as V fits them best. Everything is done in mpmath, where a difference over a step of 10^-40 is as good as a
derivative.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.opaque import same_operation
from compiler.semantics.points import SQUEEZABLE, Draws, Outputs, Pair, ideal, pushed_rows, squeezed, squeezing
from compiler.semantics.readouts.exponents import EXPONENT
from compiler.typing import AnyArray

MAX_VACUA = 24
"""Most prepared modes for which a passive transformation is sought: the search is cubic in their number."""

BASES = 3
"""Number of random inputs at which derivatives are taken."""

SOLVED = 1e-20
"""Sums of squares below this are rounding: the equations for V are solved, whatever signs they have."""

Gradients = list[tuple[AnyArray, AnyArray]]
"""Gradients of outputs in the complex coordinates of the vacua, left and right."""

Numbered = Mapping[tuple[int, int], tuple[ops.Operation, int]]
"""The n-th preparation of a mode with its number: vacua of the common modes are counted together, others by mode."""


def vacuum_outputs(pair: Pair, seed: int, points: int, digits: int) -> Outputs | None:
    """Return outputs of both circuits at random points of the vacua, those of the right circuit transformed by V.

    Parameters
    ----------
    pair : Pair
        Without opaque operations.
    seed, points : int
    digits : int
        Digits to which the outputs are accurate; the derivatives are taken with three times as many.

    Returns
    -------
    Outputs or None
        None where the circuits prepare no squeezed vacua, too many, or other states that differ.
    """
    numbered = [_numbered(circuit, pair.common) for circuit in pair.both]
    count = max(sum(_is_vacuum(op, key[0], pair.common) for key, (op, _) in side.items()) for side in numbered)
    if not 1 <= count <= MAX_VACUA or not _same_states(numbered[0], numbered[1], pair.common):
        return None
    passive = _passive(pair, numbered, count, seed, digits)
    draws = Draws(seed, points, digits)
    with draws.precision():
        x, p = draws.pair(4, rows=count)
        turned = passive @ (x + 1j * p)
        return _outputs(pair, numbered, [(x, p), (_part("real", turned), _part("imag", turned))], draws)


def _passive(pair: Pair, numbered: list[Numbered], count: int, seed: int, digits: int) -> AnyArray:
    """Return the unitary V, shape (vacua, vacua), from the gradients of all outputs at z = 0."""
    import mpmath

    steps = 1 + 2 * count  # the point itself, and a step along every coordinate
    draws = Draws(seed, BASES, 3 * digits, [base for base in range(BASES) for _ in range(steps)])
    with draws.precision():
        step = mpmath.mpf(10) ** -digits
        z = draws.exact(np.hstack([np.zeros((2 * count, 1)), np.eye(2 * count)] * BASES)) * step
        found = _outputs(pair, numbered, [(z[:count], z[count:])] * 2, draws, matched=False)
        if found is None:
            return draws.exact(np.eye(count))
        outputs: Gradients = []
        exponents: Gradients = []
        for name, u, v in found.rows:
            ours, theirs = (_gradients(values, count, step) for values in (u, v))
            for a, b in zip(ours, theirs, strict=True):
                if (largest := max(np.max(abs(a)), np.max(abs(b)))) > 0:
                    (exponents if name.startswith(EXPONENT) else outputs).append((a / largest, b / largest))
        if not exponents:
            return _nearest_unitary(outputs, count, draws)
        one, other = (_with_signs(outputs, exponents, known, draws) for known in (outputs + exponents, outputs))
        return one[1] if one[0] <= max(other[0], SOLVED) else other[1]


def _with_signs(outputs: Gradients, exponents: Gradients, known: Gradients, draws: Draws) -> tuple[float, AnyArray]:
    """Return V for the signs of exponents that known gradients suggest, and its residual in all equations."""
    import mpmath

    count = len(exponents[0][0])
    guess = _nearest_unitary(known, count, draws)
    signed = [(a, b if mpmath.re(_conjugate(a) @ (b @ guess)) >= 0 else -b) for a, b in exponents]
    passive = _nearest_unitary(outputs + signed, count, draws)
    return sum(float((abs(a - b @ passive) ** 2).sum()) for a, b in outputs + signed), passive


def _nearest_unitary(gradients: Gradients, count: int, draws: Draws) -> AnyArray:
    """Return the unitary V nearest to solving ``left = right V`` for all pairs of gradients."""
    import mpmath

    if not gradients:
        return draws.exact(np.eye(count))
    left, right = (np.array(side) for side in zip(*gradients, strict=True))  # (outputs, vacua)
    u, _, v = mpmath.svd_c(mpmath.matrix((_conjugate(right.T) @ left).tolist()))
    return np.array((u * v).tolist(), dtype=object).reshape(count, count)


def _conjugate(values: AnyArray) -> AnyArray:
    import mpmath

    made: AnyArray = np.frompyfunc(mpmath.conj, 1, 1)(values)
    return made


def _gradients(values: AnyArray, count: int, step: Any) -> AnyArray:
    """Return an output's gradients c at every base point, shape (bases, vacua): the output is Re(c z), z = x + i p."""
    table = values.reshape(BASES, 1 + 2 * count)
    slopes = (table[:, 1:] - table[:, :1]) / step
    gradients: AnyArray = slopes[:, :count] - 1j * slopes[:, count:]
    return gradients


def _numbered(circuit: Circuit, common: int) -> Numbered:
    occurrences: Counter[int] = Counter()
    others: Counter[int] = Counter()
    vacua = 0
    found: dict[tuple[int, int], tuple[ops.Operation, int]] = {}
    for op in circuit.operations:
        for mode in op.modes if isinstance(op, ops.PREPARATIONS) else ():
            key = mode, occurrences[mode]
            occurrences[mode] += 1
            if _is_vacuum(op, mode, common):
                found[key] = op, vacua
                vacua += 1
            else:
                found[key] = op, others[mode]
                others[mode] += 1
    return found


def _is_vacuum(op: ops.Operation, mode: int, common: int) -> bool:
    return isinstance(op, SQUEEZABLE) and mode < common


def _same_states(left: Numbered, right: Numbered, common: int) -> bool:
    """Return whether both circuits prepare the same other states on the common modes, each mode in the same order."""
    ours, theirs = (
        {(mode, n): op for (mode, _), (op, n) in side.items() if mode < common and not _is_vacuum(op, mode, common)}
        for side in (left, right)
    )
    return ours.keys() == theirs.keys() and all(
        op.modes == theirs[key].modes and same_operation(op, theirs[key]) for key, op in ours.items()
    )


def _outputs(
    pair: Pair,
    numbered: list[Numbered],
    vacua: list[tuple[AnyArray, AnyArray]],
    draws: Draws,
    *,
    matched: bool = True,
) -> Outputs | None:
    """Return outputs at given points of the vacua, shape (vacua, points) for either circuit, and at random inputs."""
    start = draws.pair(rows=pair.modes)
    starts = []
    for made, (x, p) in zip(numbered, vacua, strict=True):

        def fresh(mode: int, occurrence: int, made: Any = made, x: Any = x, p: Any = p) -> tuple[AnyArray, AnyArray]:
            op, number = made[mode, occurrence]
            if _is_vacuum(op, mode, pair.common):
                return squeezed(x[number], p[number], squeezing(op))
            point = draws.pair(3, mode, number)
            return point if mode < pair.common else ideal(op, *point)

        starts.append(fresh)
    _, rows = pushed_rows(pair, draws, start, starts, matched)
    return None if isinstance(rows, str) else Outputs(rows, start, draws.size, 1.0)


def _part(name: str, values: AnyArray) -> AnyArray:
    import mpmath

    made: AnyArray = np.frompyfunc(lambda z: getattr(mpmath.mpmathify(z), name), 1, 1)(values)
    return made
